"""A person. The id is the identity: numbers are recycled and names repeat."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self, cast

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lokahome.core import clock
from lokahome.core.db.models import VersionedModel, VisibleQuerySet
from lokahome.core.ids import uuid7
from lokahome.core.names import initials

if TYPE_CHECKING:  # agencies refer to people
    from accounts.models.agency import AgencyContext


class UserQuerySet(VisibleQuerySet["User"]):
    """People, and who may see them."""

    def visible_to(self, user: Any) -> Self:
        """Return oneself; support sees everybody, a visitor nobody."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff and user.has_perm("accounts.view_user"):
            return self
        return self.filter(pk=user.pk)

    def active(self) -> Self:
        """Return people who may sign in."""
        return self.filter(is_active=True)


class UserManager(BaseUserManager["User"]):
    """Makes people: by phone code without a password, or staff with one."""

    def get_queryset(self) -> UserQuerySet:
        return UserQuerySet(self.model, using=self._db)

    def visible_to(self, user: Any) -> UserQuerySet:
        """Return the people whom *user* may see (see `UserQuerySet.visible_to`)."""
        return self.get_queryset().visible_to(user)

    def create_person(self, *, full_name: str = "", language: str = "fr") -> User:
        """Return a new person who signs in by code; their handle is their id."""
        person_id = uuid7()
        person = self.model(
            id=person_id,
            username=str(person_id),
            full_name=full_name,
            language=language,
        )
        person.set_unusable_password()
        person.save(using=self._db)
        return person

    def create_staff(
        self, *, username: str, password: str, full_name: str = ""
    ) -> User:
        """Return a new member of staff, without any group yet."""
        person = self.model(username=username, full_name=full_name, is_staff=True)
        person.set_password(password)
        person.save(using=self._db)
        return person

    def create_superuser(self, username: str, password: str) -> User:
        """Return a break-glass account; `manage.py createsuperuser` calls this."""
        person = self.model(username=username, is_staff=True, is_superuser=True)
        person.set_password(password)
        person.save(using=self._db)
        return person


class User(VersionedModel, AbstractBaseUser, PermissionsMixin):
    """One person, with several hats (`RoleGrant`) and a history of numbers (`Phone`)."""

    class Language(models.TextChoices):
        FRENCH = "fr", _("français")
        ENGLISH = "en", _("anglais")

    username = models.CharField(_("identifiant"), max_length=64, unique=True)
    """A handle staff choose; everybody else keeps the id they were born with."""
    full_name = models.CharField(_("nom complet"), max_length=120, blank=True)
    language = models.CharField(
        _("langue"), max_length=2, choices=Language.choices, default=Language.FRENCH
    )
    is_active = models.BooleanField(_("actif"), default=True)
    is_restricted = models.BooleanField(_("restreint"), default=False)
    """A restriction is in force: it stands here so that no request has to look."""
    is_staff = models.BooleanField(_("équipe"), default=False)
    used_at = models.DateTimeField(_("dernière session oubliée"), null=True, blank=True)
    """When a session was last used, of those that were deleted since: see `Session`."""
    password_reset_at = models.DateTimeField(
        _("mot de passe redemandé le"), null=True, blank=True
    )
    """When a code, and not the password before, set it last: it proves nothing yet."""
    erased_at = models.DateTimeField(_("effacé le"), null=True, blank=True)
    """Whoever was erased: the row stays for what names its id, and says nothing more."""

    context: AgencyContext | None = None
    """In which agency's name this request is made: set at the door, never stored."""

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("utilisateur")
        verbose_name_plural = _("utilisateurs")
        permissions = (("reveal_person", "Peut révéler des coordonnées"),)
        constraints = (
            models.CheckConstraint(
                condition=~Q(username=""), name="accounts_user_has_handle"
            ),
            models.CheckConstraint(
                condition=Q(language__in=("fr", "en")), name="accounts_user_language"
            ),
            models.CheckConstraint(
                condition=Q(is_superuser=False) | Q(is_staff=True),
                name="accounts_user_super_is_staff",
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None)
                | Q(full_name="", is_active=False, is_staff=False),
                name="accounts_user_erased_is_empty",
            ),
        )

    def __str__(self) -> str:
        """Return initials, of staff the handle: who shows a name says `known_name`."""
        if self.erased_at:
            return self.known_name
        if self.is_staff:
            return self.username
        return initials(self.full_name) or gettext("Sans nom")

    @property
    def known_name(self) -> str:
        """The name for others to read; that the account was erased, once it was."""
        return gettext("Compte effacé") if self.erased_at else self.full_name

    @property
    def phone(self) -> str | None:
        """The number that they are called at (E.164), or None; see `by_standing`."""
        if hasattr(self, "account_number"):  # read by `account.with_account`
            return cast("str | None", self.account_number)
        held = self.phones.reachable().by_standing(clock.now())
        return held.values_list("number", flat=True).first()

    def check_password(self, raw_password: str | None) -> bool:
        """Say whether it is their password; a weak hash of it is renewed in passing.

        Only where it still stands: a change made meanwhile is not undone.
        """

        def renew(raw: str) -> None:
            same = User.objects.filter(pk=self.pk, password=self.password)
            same.update(password=make_password(raw))

        return check_password(raw_password, self.password, renew)

    def has_role(self, role: str) -> bool:
        """Say whether the person wears the hat *role*, at whatever level."""
        return self.roles.filter(role=role).exists()

    def role_names(self) -> set[str]:
        """Return the hats the person wears."""
        return set(self.roles.values_list("role", flat=True))
