"""Who broke the protocol: we did, or they did. Nothing else is ever raised by this package."""


class ProtocolError(Exception):
    """The conversation cannot go on as asked."""


class LocalProtocolError(ProtocolError):
    """Our side asked for something the state or the credit does not allow: a bug of ours."""


class RemoteProtocolError(ProtocolError):
    """The peer sent something the protocol does not allow: close this connection, and only this one."""
