"""Logging in: staff by name and password, residents by a code to their phone."""

import hmac
import secrets
from datetime import timedelta
from hashlib import sha256
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import authenticate
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from weimin.kernel import clock, codes, vault
from weimin.kernel.errors import Invalid, TooMany
from weimin.kernel.text import code_text, name_of, whole_number
from weimin.network.accounts import change_password, staff_account
from weimin.network.models import Account
from weimin.network.staff import posts_of
from weimin.outbox.post import post
from weimin.registry.models import Person
from weimin.trail import chain
from weimin.web.limits import limited
from weimin.web.models import LoginCode
from weimin.web.page import actor_of, landing, page, staff
from weimin.web.sessions import end_all

CODE_MINUTES = 5
MOST_TRIES = 5
_SHOWN = "code"  # in the session of the demo, which sends no SMS: the code that was not sent

chain.register(log_in="登录", log_out="退出", switch_post="切换岗位")


def _next(request: HttpRequest, fallback: str) -> str:
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None):
        return wanted
    return reverse(fallback)


def _enter(request: HttpRequest, account: Account, post_id: int | None = None) -> None:
    """Begin a session: a new key, so that an old one is of no use."""
    request.session.flush()
    request.session["account"] = account.pk
    if post_id is not None:
        request.session["post"] = post_id
    _note("log_in", account.pk, post_id)


@transaction.atomic
def _note(verb: str, account_id: int, post_id: int | None) -> None:
    """Who came and went stands in the trail of the account."""
    chain.append(
        chain.Subject("account", account_id),
        chain.Draft(verb=verb, occurred_at=clock.now(), account_id=account_id, post_id=post_id),
    )


# -- staff -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def staff_sign_in(request: HttpRequest) -> HttpResponse:
    """User name and password; five failures lock the name at this address for a quarter hour."""
    username, errors = request.POST.get("username", ""), []
    if request.method == "POST":
        account = authenticate(
            request, username=username.strip(), password=request.POST.get("password", "")
        )
        if isinstance(account, Account) and account.is_staff_member and not account.is_program:
            if account.must_change:
                return first_password(request, account)
            _enter(request, account)
            return redirect(_next(request, "start"))
        errors = [{"href": "#username", "text": _("账号或密码不对，请再试一次")}]
    return page(request, "login.jinja", errors=errors, username=username,
                next=request.POST.get("next") or request.GET.get("next", ""),
                ended="" if errors else request.GET.get("ended", ""), status=401 if errors else 200)


def first_password(request: HttpRequest, account: Account) -> HttpResponse:
    """Whoever came with a password that somebody else chose, chooses his own before anything."""
    request.session.flush()
    request.session["first"] = account.pk
    return redirect(f"{reverse('password')}?{urlencode({'next': _next(request, 'start')})}")


@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """A password of one's own: asked for after the first one, or when somebody likes."""
    first = request.session.get("first")
    account_id = int(first or staff(request).account_id or 0)
    errors: list[dict[str, str]] = []
    if request.method == "POST":
        try:
            _choose(request, account_id, ask_old=not first)
        except Invalid as error:
            errors = [{"href": f"#{key}", "text": text} for key, text in error.fields.items()] or [
                {"href": "#new", "text": f"{error.message}。{error.remedy}"}]
        else:
            return redirect(_next(request, "start"))
    return page(request, "password.jinja", errors=errors, first=bool(first),
                next=request.POST.get("next") or request.GET.get("next", ""),
                status=422 if errors else 200)


def _choose(request: HttpRequest, account_id: int, *, ask_old: bool) -> None:
    new = request.POST.get("new", "")
    account = staff_account(account_id)
    if ask_old:
        who = f"password:{account_id}"
        limited("password", who, most=10, within=timedelta(minutes=15))
        if not account.check_password(request.POST.get("old", "")):
            raise Invalid(fields={"old": _("现在的密码不对")})
    elif not (account.must_change and account.is_active):
        raise Invalid(_("这个初始密码已经用过或已作废"), _("请重新登录"))
    if new != request.POST.get("again", ""):
        raise Invalid(fields={"again": _("两次写的不一样")})
    account = change_password(account_id, new, now=clock.now())
    if not ask_old:
        _enter(request, account)
    end_all(account_id, but=request.session.session_key)


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """Too many failures: said in words."""
    error = TooMany(_("密码错得太多，账号已锁定15分钟"), _("稍后再试，或请系统管理员重设密码"))
    return page(request, "error.jinja", error=error, status=429)


@require_http_methods(["GET", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Another post of mine, or another person at this PC: two clicks."""
    actor = staff(request)
    assert actor.account_id is not None
    held = posts_of(actor.account_id, on=clock.today())
    if request.method == "POST":
        wanted = whole_number(request.POST.get("post", ""))
        if wanted is not None and any(each.id == wanted for each in held):
            request.session["post"] = wanted
            _note("switch_post", actor.account_id, wanted)
            return redirect("start")
        _note("log_out", actor.account_id, actor.post_id)
        request.session.flush()
        return redirect("staff-sign-in")
    return page(request, "switch.jinja", held=held)


@require_http_methods(["GET", "POST"])
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    if request.method == "GET":
        return page(request, "sign_out.jinja")
    actor = actor_of(request)
    back = "staff-sign-in" if actor.is_staff else "portal"
    if actor.account_id is not None:
        _note("log_out", actor.account_id, actor.post_id)
    request.session.flush()
    return redirect(back)


def start(request: HttpRequest) -> HttpResponseRedirect:
    """To where this post starts its day."""
    return redirect(landing(actor_of(request)))


# -- residents ---------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """A resident: the phone number first, then the code."""
    if request.method == "GET":
        return page(request, "portal/sign_in.jinja", errors=[], phone="", next=request.GET.get("next", ""),
                    ended=request.GET.get("ended", ""))
    try:
        phone = codes.mobile_number(request.POST.get("phone", ""))
    except ValueError as error:
        return page(request, "portal/sign_in.jinja", phone=request.POST.get("phone", ""),
                    errors=[{"href": "#phone", "text": str(error)}], status=422,
                    next=request.POST.get("next", ""))
    if "code" not in request.POST or "again" in request.POST:
        return _ask_code(request, phone, send_code(request, phone))
    try:
        account = _account_of(phone, request.POST["code"], request.POST.get("name", ""))
    except Invalid as error:
        return _ask_code(request, phone, request.session.get(_SHOWN),
                         dict(error.fields) or {"code": error.message})
    _enter(request, account)
    return redirect(_next(request, "mine"))


def _ask_code(
    request: HttpRequest, phone: str, shown: str | None, wrong: dict[str, str] | None = None
) -> HttpResponse:
    known = Person.objects.filter(phone_hash=vault.lookup(phone), account__isnull=False).exists()
    return page(
        request, "portal/code.jinja", phone=phone, shown=shown, known=known, wrong=wrong or {},
        errors=[{"href": f"#{name}", "text": said} for name, said in (wrong or {}).items()],
        name=request.POST.get("name", ""), next=request.POST.get("next", ""),
        # Only the name is missing: nobody should have to look for the code once more.
        code="" if wrong is None or "code" in wrong else request.POST.get("code", ""),
        minutes=CODE_MINUTES, status=422 if wrong else 200,
    )


@transaction.atomic
def send_code(request: HttpRequest, phone: str) -> str | None:
    """Send a code through the outbox; the demo shows it on the screen and says so."""
    limited("code", phone, most=5, within=timedelta(minutes=30))
    code = f"{secrets.randbelow(10**6):06d}"
    now = clock.now()
    made = LoginCode.objects.create(
        phone_hash=vault.lookup(phone), code_hash=_hash(phone, code), sent_at=now
    )
    post("sms", f"login-{made.pk}", chain.Subject("login", made.pk),
         {"to": phone, "text": f"【为民】验证码 {code}，{CODE_MINUTES}分钟内有效。"}, now=now)
    if not settings.DEMO:
        return None
    request.session[_SHOWN] = code  # after a typing mistake it is shown again
    return code


def _hash(phone: str, code: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"{phone}:{code}".encode(), sha256).digest()


def spend_code(phone: str, code: str) -> None:
    """Accept the code that was last sent to this phone, once. Raises Invalid for any other."""
    with transaction.atomic():
        right = _spent(phone, code)
    if not right:
        raise Invalid(_(_WRONG_CODE))


_WRONG_CODE = "验证码不对，请再看一眼短信"


def _spent(phone: str, code: str) -> bool:
    """Whether it is right; the try counts, and a right code is used up. Raises Invalid for none."""
    now = clock.now()
    sent = (
        LoginCode.objects.select_for_update()
        .filter(phone_hash=vault.lookup(phone), used=False,
                sent_at__gt=now - timedelta(minutes=CODE_MINUTES),
                sent_at__lte=now + timedelta(minutes=1))  # no longer, were the clock set back
        .order_by("-id").first()
    )
    if sent is None or sent.tries >= MOST_TRIES:
        raise Invalid(_("验证码已失效，请点“重新获取”"))
    sent.tries += 1
    sent.used = hmac.compare_digest(bytes(sent.code_hash), _hash(phone, code_text(code)))
    sent.save(update_fields=["tries", "used"])
    return sent.used


def _account_of(phone: str, code: str, name: str) -> Account:
    """The account of that phone, if the code is right; made on the first log-in."""
    with transaction.atomic():
        account = _resident(phone, name) if _spent(phone, code) else None
    if account is None:
        raise Invalid(_(_WRONG_CODE))
    return account


def _resident(phone: str, name: str) -> Account:
    person = (
        Person.objects.filter(phone_hash=vault.lookup(phone), account__isnull=False)
        .select_related("account").first()
    )
    if person is not None and person.account is not None:
        return person.account
    try:
        called = name_of(name)
    except ValueError as error:
        raise Invalid(fields={"name": str(error)}) from None
    if not called:
        raise Invalid(fields={"name": _("第一次登录，请填写姓名")})
    account = Account.objects.create(username=f"resident-{secrets.token_hex(8)}", name=called)
    # Somebody whom a counter received with this phone and this name: he finds his cases here.
    known = list(Person.objects.select_for_update().filter(phone_hash=vault.lookup(phone)))
    if len(known) == 1 and known[0].name == account.name and known[0].account_id is None:
        known[0].account = account
        known[0].save(update_fields=["account"])
        return account
    made = Person(name=account.name, account=account)
    made.set_phone(phone)
    made.save()
    return account


def elder(request: HttpRequest) -> HttpResponseRedirect:
    """Large type on or off, also without script."""
    target = redirect(_next(request, "portal"))
    on = request.COOKIES.get("elder") != "1"
    target.set_cookie("elder", "1" if on else "0", max_age=365 * 86400, samesite="Lax")
    return target


def sign_in_url(request: HttpRequest) -> str:
    """Where to log in, and back to here; ``ended`` says that a session was, and what it did not do."""
    name = "staff-sign-in" if request.path.startswith(("/desk", "/admin", "/today")) else "sign-in"
    said = {"next": request.get_full_path()}
    if request.method == "POST":  # an address that may take nothing else: back to the page it was sent from
        said = {"next": _sent_from(request) or said["next"], "ended": "sent"}
    elif settings.SESSION_COOKIE_NAME in request.COOKIES:
        said["ended"] = "1"
    return f"{reverse(name)}?{urlencode(said)}"


def _sent_from(request: HttpRequest) -> str:
    """The page of ours that a form stood on."""
    came = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(came, allowed_hosts={request.get_host()}):
        return ""
    return urlsplit(came)._replace(scheme="", netloc="", fragment="").geturl()
