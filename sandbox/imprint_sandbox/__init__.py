"""A local Imprint that services can test against: it speaks the contract, keeps what it is told, and has bad days.

    from imprint_sandbox import Sandbox, SandboxFault

    with Sandbox() as sandbox:
        sandbox.fail("postOrderEvent", SandboxFault(status=503))
        ...  # let the service under test talk to sandbox.url
        assert len(sandbox.events) == 1

It needs the extra: pip install 'imprint-client[sandbox]'.
"""

from imprint_sandbox.faults import SandboxFault
from imprint_sandbox.received import ReceivedRequest
from imprint_sandbox.sandbox import Sandbox

__all__ = ["Sandbox", "SandboxFault", "ReceivedRequest"]
