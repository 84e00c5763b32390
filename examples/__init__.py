"""The services of the guides: `make example NAME=checkout` runs one."""
