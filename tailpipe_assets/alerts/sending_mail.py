"""Mail, by SMTP."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

from tailpipe_assets.alerts.undelivered import SECONDS, Undelivered

if TYPE_CHECKING:
    from tailpipe_assets.alerts.message import Message

_PORTS = {"tls": 465, "starttls": 587}


def email(options: Any, message: Message) -> None:
    """A plain text mail whose `Message-ID` is the same on every attempt."""
    try:
        with _connected(options) as server:
            refused = server.send_message(_mail(options, message))
    except smtplib.SMTPAuthenticationError:
        raise Undelivered("the mail server does not accept the user name and password") from None
    except smtplib.SMTPRecipientsRefused as error:
        raise Undelivered(f"every recipient was refused: {_refusals(error.recipients)}") from None
    except smtplib.SMTPResponseException as error:
        raise Undelivered(f"SMTP {error.smtp_code}: {_text(error.smtp_error)}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"the mail server cannot be reached: {error}", is_unreachable=True) from None
    if refused:
        # It cannot be sent to those alone; the others would get it twice.
        raise Undelivered(f"some recipients were refused: {_refusals(refused)}")


def _mail(options: Any, message: Message) -> EmailMessage:
    mail = EmailMessage()
    # A title is made from logs, and a line break in it would begin another header.
    mail["Subject"] = " ".join(message.headline.split())
    mail["From"] = getattr(options, "from")
    mail["To"] = ", ".join(options.to)
    mail["Date"] = formatdate(localtime=False)
    mail["Message-ID"] = f"<{message.key}@tailpipe>"
    mail["X-Tailpipe-Alert"] = message.alert_id
    mail.set_content(message.as_text() + "\n")
    return mail


def _connected(options: Any) -> smtplib.SMTP:
    port = options.smtp_port or _PORTS.get(options.tls, 25)
    context = ssl.create_default_context()
    if options.tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(options.smtp_host, port, timeout=SECONDS, context=context)
    else:
        server = smtplib.SMTP(options.smtp_host, port, timeout=SECONDS)
    try:
        _let_in(server, options, context)
    except BaseException:
        with suppress(OSError):
            server.close()
        raise
    return server


def _let_in(server: smtplib.SMTP, options: Any, context: ssl.SSLContext) -> None:
    server.ehlo()
    offered = server.has_extn("starttls")
    if options.tls == "starttls" or (options.tls == "auto" and offered):
        server.starttls(context=context)
        server.ehlo()
    elif options.password is not None and options.tls != "tls":
        raise Undelivered("the mail server offers no TLS, and the password is not sent without")
    if options.password is not None:
        server.login(options.username, options.password.reveal())


def _refusals(recipients: Any) -> str:
    return "; ".join(f"{name}: {code} {_text(why)}" for name, (code, why) in recipients.items())


def _text(said: object) -> str:
    return said.decode(errors="replace") if isinstance(said, bytes) else str(said)
