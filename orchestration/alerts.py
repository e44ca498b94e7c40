"""Mail to the operator, a run that failed or a source that went silent, and to the committee, its page."""

import smtplib
from collections.abc import Callable, Sequence
from email.message import EmailMessage
from pathlib import Path

from orchestration.settings import Settings

TIMEOUT_SECONDS = 20


def can_mail(settings: Settings) -> bool:
    """Whether a mail server and somebody to write to are configured (SMTP_HOST, ALERTE_A)."""
    return bool(settings.smtp_host and settings.mail_to)


def send(
    settings: Settings,
    subject: str,
    lines: Sequence[str],
    attached: Path | None = None,
    to: Sequence[str] | None = None,
) -> None:
    """Send one plain text mail, with a PDF if one is `attached`, to the operator or to the addresses given.

    Raises OSError or SMTPException when the server refuses.
    """
    message = EmailMessage()
    message["Subject"] = f"[Observatoire] {subject}"
    message["From"] = settings.mail_from
    message["To"] = ", ".join(settings.mail_to if to is None else to)
    message.set_content("\n".join(lines) + "\n")
    if attached:
        message.add_attachment(attached.read_bytes(), "application", "pdf", filename=attached.name)
    with smtplib.SMTP(settings.smtp_host or "", settings.smtp_port, timeout=TIMEOUT_SECONDS) as server:
        server.send_message(message)


def failure_lines(job: str, run_id: str, error: str, served: str) -> list[str]:
    """What the operator reads when a run failed."""
    return [
        f"Le traitement « {job} » a échoué (exécution {run_id}).",
        "",
        f"Les tableaux de bord servent toujours {served}.",
        "",
        "Première erreur :",
        error.strip()[:2000],
        "",
        "Le détail est dans Dagster, page « Runs ».",
    ]


def send_or_say(
    settings: Settings,
    subject: str,
    lines: Sequence[str],
    say: Callable[[str], None] = print,
    attached: Path | None = None,
    to: Sequence[str] | None = None,
) -> bool:
    """Send a mail that nothing may depend on; whether it left, and the reason said in French when it did not."""
    try:
        send(settings, subject, lines, attached, to)
    except (OSError, smtplib.SMTPException) as error:
        say(f"Courriel non envoyé : {error}")
        return False
    return True
