"""EnergyCAP's reports, users and user groups, which other resources refer to."""

from collections.abc import Iterable, Iterator
from typing import Any

from mockserver.auth.identity import Identity
from mockserver.errors import ApiError
from mockserver.sandbox.resources import Resource, ResourceCollection
from mockserver.sandbox.sandbox import Sandbox


class ReferenceData:
    """The reports, users and user groups of an account."""

    def __init__(self, vendor: str) -> None:
        self.reports = ResourceCollection(f"{vendor}.report")
        self.users = ResourceCollection(f"{vendor}.user")
        self.user_groups = ResourceCollection(f"{vendor}.usergroup")

    def check(
        self,
        collection: ResourceCollection,
        sandbox: Sandbox,
        account: str,
        numbers: Iterable[int],
        field: str,
    ) -> list[int]:
        """Return the ids without repetitions, if each is known.

        Raises:
            ApiError: 400, one is unknown.
        """
        unique = list(dict.fromkeys(numbers))
        for number in unique:
            if collection.find(sandbox, account, str(number)) is None:
                reason = f"has an unknown id: {number}"
                raise ApiError(400, f"{field} {reason}.", field=field, reason=reason)
        return unique

    def recipients(self, sandbox: Sandbox, account: str, groups: Iterable[int]) -> set[int]:
        """Return the members of user groups who can receive mail, each once (EC-S30)."""
        members = {
            user for group in self._groups(sandbox, account, groups) for user in group["userIds"]
        }
        return {user for user in members if self._receives_mail(sandbox, account, user)}

    def override(self, sandbox: Sandbox, account: str, users: Iterable[int]) -> set[int]:
        """Return the users who replace the configured recipients, each once.

        Raises:
            ApiError: 400, one is unknown, not active, or has no e-mail address.
        """
        unique = set(users)
        for user in sorted(unique):
            if not self._receives_mail(sandbox, account, user):
                reason = f"must be active users with an e-mail address: {user} is not"
                field = "overrideUserIds"
                raise ApiError(400, f"{field} {reason}.", field=field, reason=reason)
        return unique

    def user_of(self, sandbox: Sandbox, account: str, identity: Identity | None) -> int:
        """Return the user who owns a caller's key, by its role."""
        role = identity.role if identity else None
        users = list(self.users.iter_all(sandbox, account))
        owners = [int(user.id) for user in users if user.data.get("role") == role]
        return (owners or [int(user.id) for user in users])[0]

    def report(self, sandbox: Sandbox, account: str, number: int) -> Resource:
        """Return a report that something refers to; none is ever removed."""
        report = self.reports.find(sandbox, account, str(number))
        assert report is not None
        return report

    def report_bodies(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return reports as ReportChild."""
        return [self.report(sandbox, account, number).data["shown"] for number in numbers]

    def user_body(self, sandbox: Sandbox, account: str, number: int) -> dict[str, Any]:
        """Return a user as UserChild."""
        user = self.users.find(sandbox, account, str(number))
        return _members(user.data, "fullName", "userCode", "userId") if user else {}

    def group_bodies(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return user groups as UserGroupChild."""
        groups = self._groups(sandbox, account, numbers)
        return [_members(group, "userGroupId", "userGroupName") for group in groups]

    def group_bodies_with_members(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> list[dict[str, Any]]:
        """Return user groups as UserGroupWithMembers: those who can receive mail."""
        return [
            {
                **_members(group, "userGroupId", "userGroupName"),
                "members": [
                    self._user_with_email(sandbox, account, user)
                    for user in group["userIds"]
                    if self._receives_mail(sandbox, account, user)
                ],
            }
            for group in self._groups(sandbox, account, numbers)
        ]

    def _user_with_email(self, sandbox: Sandbox, account: str, number: int) -> dict[str, Any]:
        user = self.users.find(sandbox, account, str(number))
        assert user is not None
        return _members(user.data, "fullName", "userCode", "userId", "email")

    def _groups(
        self, sandbox: Sandbox, account: str, numbers: Iterable[int]
    ) -> Iterator[dict[str, Any]]:
        groups = (self.user_groups.find(sandbox, account, str(number)) for number in numbers)
        yield from (group.data for group in groups if group)

    def _receives_mail(self, sandbox: Sandbox, account: str, number: int) -> bool:
        user = self.users.find(sandbox, account, str(number))
        return user is not None and user.data["active"] and bool(user.data.get("email"))


def _members(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: data[name] for name in names}
