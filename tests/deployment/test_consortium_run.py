"""What `make consortium` does beside its nodes, which need Go and are not run here."""

from __future__ import annotations

import pytest

from oracle.errors import Fatal
from scripts.consortium.member import Member, free_ports
from scripts.consortium.platform import Served, deploy_on
from scripts.consortium.programs import Programs, build


def test_the_platform_is_deployed_a_machine_offered_and_hired(start_node, tmp_path):
    url = start_node().url
    client, deployment = deploy_on(url)
    served = Served(client, deployment, url, tmp_path)
    served.offer()
    served.hire("20")
    assert (served.agreement, served.settled(), served.sequence()) == (1, 0, 0)


def test_no_port_is_given_twice():
    ports = free_ports(4)
    assert len({number for each in ports for number in (each.rpc, each.engine, each.client, each.sealer)}) == 16


def test_members_know_each_other_by_key(tmp_path):
    programs = Programs(tmp_path / "geth", tmp_path / "sealer")
    one, other = (
        Member(name, tmp_path / name, programs, ports) for name, ports in zip("ab", free_ports(2), strict=True)
    )
    assert one.enode != other.enode
    assert one.enode.startswith("enode://")
    assert len(one.enode.split("@")[0]) == len("enode://") + 128


def test_without_go_it_says_what_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Fatal, match=r"Go 1\.24 or newer is missing"):
        build()
