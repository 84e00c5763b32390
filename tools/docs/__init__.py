"""What `make docs` adds to MkDocs: pages made from the contract and the command, and sequence diagrams."""
