"""A schema of its own in a PostgreSQL that is there: that of DATABASE_URL, or on this machine."""

import os
from collections.abc import Iterator
from uuid import uuid4

import psycopg
import pytest
from imprint_sandbox import Sandbox
from psycopg import conninfo, sql

HERE = "host=127.0.0.1 user=postgres dbname=postgres"


@pytest.fixture(scope="session")
def _server() -> str:
    server = os.environ.get("DATABASE_URL") or HERE
    try:
        psycopg.connect(server, connect_timeout=10).close()
    except psycopg.Error as error:
        pytest.exit(f"PostgreSQL is needed (apt-get install postgresql, or set DATABASE_URL): {error}", returncode=1)
    return server


@pytest.fixture
def database(_server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Its connection string; its sessions have the schema's name as their application_name."""
    name = f"imprint_test_{uuid4().hex[:12]}"
    with psycopg.connect(_server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        url = conninfo.make_conninfo(_server, options=f"-csearch_path={name}", application_name=name)
        monkeypatch.setenv("DATABASE_URL", url)
        yield url
        end_sessions(url)
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


def end_sessions(url: str) -> int:
    """End all sessions of a test, as a restart of the server would; return how many there were."""
    name = conninfo.conninfo_to_dict(url)["application_name"]
    ending = """SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity
        WHERE application_name = %s AND pid <> pg_backend_pid()"""
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(ending, (name,)).fetchone()
    return int(found[0]) if found else 0


@pytest.fixture
def imprint_there(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """A sandbox that the command finds by the environment."""
    monkeypatch.setenv("IMPRINT_API_KEY", sandbox.api_key)
    monkeypatch.setenv("IMPRINT_BASE_URL", sandbox.url)
    return sandbox
