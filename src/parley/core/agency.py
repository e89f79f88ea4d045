"""What a teammate may do on the agents' side, by their role."""

from enum import StrEnum

from parley.core.people import Role


class Agency(StrEnum):
    """What something asks of the teammate who does it."""

    READ = "read"  # any role
    WRITE = "write"  # admin or agent
    ADMIN = "admin"

    def allows(self, role: Role) -> bool:
        """Whether this role is enough."""
        if self is Agency.ADMIN:
            return role is Role.ADMIN
        return self is Agency.READ or role is not Role.READ_ONLY
