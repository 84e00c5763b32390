"""The contract, our corrections of it, the tool that generates code from both, and what that code promises."""
