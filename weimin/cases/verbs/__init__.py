"""The verbs, one file each. Screens, API, commands and jobs call them; nothing else writes."""

from weimin.cases.verbs.accept import accept
from weimin.cases.verbs.call import call
from weimin.cases.verbs.cards import contest_card, issue_cards, rule_on_card
from weimin.cases.verbs.close import close, reopen
from weimin.cases.verbs.complete import complete, done_outside
from weimin.cases.verbs.correct import correct
from weimin.cases.verbs.end import end, refuse, withdraw
from weimin.cases.verbs.erase import erase
from weimin.cases.verbs.extend import extend
from weimin.cases.verbs.hand_over import hand_over, take_over
from weimin.cases.verbs.notify_missing import notify_again, notify_missing
from weimin.cases.verbs.nudge import nudge
from weimin.cases.verbs.reassign import reassign
from weimin.cases.verbs.receive import receive
from weimin.cases.verbs.rename import rename
from weimin.cases.verbs.renew_by_silence import renew_by_silence
from weimin.cases.verbs.restrict import lift, restrict
from weimin.cases.verbs.return_to import return_to
from weimin.cases.verbs.revoke import deliver_revocation, revoke
from weimin.cases.verbs.succeed import succeed
from weimin.cases.verbs.supplement import supplement
from weimin.cases.verbs.suspend import resume, suspend
from weimin.cases.verbs.transfer import transfer
from weimin.cases.verbs.upgrade import upgrade

__all__ = [
    "accept", "call", "close", "complete", "contest_card", "correct", "deliver_revocation",
    "done_outside", "end", "erase", "extend", "hand_over", "issue_cards", "lift", "notify_again",
    "notify_missing", "nudge", "reassign", "receive", "refuse", "rename", "renew_by_silence", "reopen",
    "restrict", "resume", "return_to", "revoke", "rule_on_card", "succeed", "supplement", "suspend",
    "take_over", "transfer", "upgrade", "withdraw",
]
