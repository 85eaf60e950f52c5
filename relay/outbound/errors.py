"""What can go wrong outside. Texts are ours: nothing that another server says stands in them."""


class OutboundFailed(Exception):
    """The exchange did not come about, or not as it must; the text says why, for the log."""


class IdentityRefused(Exception):
    """Whoever comes back from a provider has not proven who they are; the text is fit for that person."""
