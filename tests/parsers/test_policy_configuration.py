"""Security policies of a configuration: who logs what."""

from lxml import etree

from orchestrator.model.policy import Policies, Policy, PolicyAction
from orchestrator.parsers import policy_configuration

REPLY = """
<rpc-reply xmlns="urn:ietf:params:xml:ns:netconf:base:1.0" xmlns:junos="http://xml.juniper.net/junos/24.4R1/junos">
<configuration xmlns="http://xml.juniper.net/xnm/1.1/xnm"><security><policies>
  <policy>
    <from-zone-name>trust</from-zone-name>
    <to-zone-name>untrust</to-zone-name>
    <policy>
      <name>web</name>
      <match><source-address>any</source-address><application>junos-https</application></match>
      <then><permit><tunnel><ipsec-vpn>x</ipsec-vpn></tunnel></permit>
        <log><session-init/><session-close/></log><count/></then>
    </policy>
    <policy><name>mail</name><then><deny/><log><session-init/></log></then></policy>
    <policy><name>quiet</name><then><permit/></then></policy>
    <policy inactive="inactive"><name>gone</name><then><permit/><log><session-init/></log></then></policy>
    <policy><name>muted</name><then><reject/><log inactive="inactive"><session-init/></log></then></policy>
    <policy><name>half</name></policy>
  </policy>
  <policy inactive="inactive">
    <from-zone-name>dmz</from-zone-name><to-zone-name>trust</to-zone-name>
    <policy><name>dead</name><then><permit/></then></policy>
  </policy>
  <global>
    <policy>
      <name>web</name>
      <match><from-zone>trust</from-zone><from-zone>dmz</from-zone><to-zone>any</to-zone></match>
      <then><deny/><log><session-close/></log></then>
    </policy>
    <policy><name>last</name><then><deny/></then></policy>
  </global>
  <default-policy><permit-all/></default-policy>
  <pre-id-default-policy><then><log><session-close/></log></then></pre-id-default-policy>
</policies></security></configuration></rpc-reply>
"""


def read(text: str = REPLY) -> Policies:
    return policy_configuration.parse(etree.fromstring(text))


def test_zone_pairs_come_first_then_the_global_policies_and_what_is_off_is_not_there() -> None:
    names = [(each.name, each.is_global) for each in read().policies]
    assert names == [
        ("web", False), ("mail", False), ("quiet", False), ("muted", False), ("half", False),
        ("web", True), ("last", True),
    ]  # fmt: skip


def test_each_policy_says_what_it_does_and_logs() -> None:
    web, mail, quiet, muted, half, everywhere, _ = read().policies
    assert web == Policy(
        name="web", from_zones=("trust",), to_zones=("untrust",), action=PolicyAction.PERMIT, log_init=True,
        log_close=True, count=True, applications=("junos-https",),
    )  # fmt: skip
    assert (mail.action, mail.log_init, mail.log_close, mail.count) == (PolicyAction.DENY, True, False, False)
    assert (quiet.action, quiet.logs) == (PolicyAction.PERMIT, False)
    assert (muted.action, muted.logs) == (PolicyAction.REJECT, False)
    assert half.action is None
    assert (everywhere.from_zones, everywhere.to_zones) == (("trust", "dmz"), ("any",))
    assert (everywhere.log_init, everywhere.log_close) == (False, True)


def test_a_name_is_looked_up_in_its_zone_pair_before_the_global_ones() -> None:
    policies = read()
    assert policies.named("web", "trust", "untrust") == policies.policies[0]
    assert policies.named("web", "dmz", "untrust") == policies.policies[5]
    assert policies.named("web", "untrust", "trust") is None
    assert policies.named("last", "a", "b") == policies.policies[6]


def test_the_default_policy_is_told_from_a_silent_configuration() -> None:
    assert read().default_action is PolicyAction.PERMIT
    assert read(REPLY.replace("permit-all", "deny-all")).default_action is PolicyAction.DENY
    assert read("<configuration/>") == Policies()
