"""Deployment as a pure function of a configuration; the brownie script, the tests and `cise up` call the same one."""
