"""Which addresses the relay may be sent to by somebody's words: public ones, and no others. Pure.

`is_global` alone lets pass what leads to private addresses by another road: NAT64, 6to4, Teredo, mapped addresses.
"""

import ipaddress

_DETOURS = tuple(
    ipaddress.ip_network(each)
    for each in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96", "fec0::/10", "192.88.99.0/24")
)


def is_public(address: str) -> bool:
    """Whether it is an address of the public network; False for anything that is no address."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return is_public(str(found.ipv4_mapped))
    if any(found in network for network in _DETOURS if network.version == found.version):
        return False
    return found.is_global and not found.is_multicast and not found.is_reserved and not found.is_unspecified
