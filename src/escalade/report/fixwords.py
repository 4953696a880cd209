"""The fixed sentences of what `fix` prints, English and French side by side."""

from __future__ import annotations

from escalade.plans import Ended
from escalade.plans import Outcome
from escalade.plans import Risk
from escalade.report.words import Count
from escalade.text import Text

# ----------------------------------------------------------------------- plan

PLAN = Text("Plan", "Plan")
ACTIONS = Count(
    Text("{n} action that changes something", "{n} action qui modifie quelque chose"),
    Text(
        "{n} actions that change something", "{n} actions qui modifient quelque chose"
    ),
)
READS = Count(
    Text("{n} that only reads", "{n} qui ne fait que lire"),
    Text("{n} that only read", "{n} qui ne font que lire"),
)
NO_CHANGE = Text("nothing is changed", "rien n'est modifié")
ROUND = Text("round {n}", "tour {n}")
RISKS: dict[Risk, Text] = {
    Risk.SAFE: Text("safe", "sans risque"),
    Risk.DISRUPTIVE: Text("disruptive", "perturbateur"),
    Risk.DESTRUCTIVE: Text("destructive", "destructeur"),
}
RISKS_LONG: dict[Risk, Text] = {
    Risk.SAFE: Text("safe: it serves nobody now", "sans risque : il ne sert personne"),
    Risk.DISRUPTIVE: Text(
        "disruptive: users may notice", "perturbateur : des usagers peuvent le voir"
    ),
    Risk.DESTRUCTIVE: Text(
        "destructive: data can be lost",
        "destructeur : des données peuvent être perdues",
    ),
}
DISTURBS_NOBODY = Text("safe: disturbs nobody", "sans risque : ne dérange personne")
HIGHEST_RISK = Text("risk: {risk}", "risque : {risk}")
BY_HAND = Text("called by hand", "lancé à la main")
WHY = Text("why", "raison")
UNDO = Text("undo", "annuler")
DO = Text("do", "faire")
CANNOT = Text("cannot be planned: {why}", "impossible à planifier : {why}")
ATTEMPTS = Text("up to {n} attempts", "jusqu'à {n} essais")
ONLY_IF = Text("only if {what}", "seulement si {what}")
IF_FAILED = Text("if it fails", "si cela échoue")
IF_UNREACHABLE = Text("if the host is lost", "si l'hôte est perdu")
IF_LATE = Text("if it is not done in time", "si ce n'est pas fini à temps")
IN_ANY_CASE = Text("in any case", "dans tous les cas")
DIGEST = Text("digest {digest}", "empreinte {digest}")
NOTHING_PLANNED = Text("Nothing to do", "Rien à faire")
LEFT_ALONE = Count(
    Text(
        "{n} weakness from before is told and left alone",
        "{n} faiblesse antérieure est signalée et laissée telle quelle",
    ),
    Text(
        "{n} weaknesses from before are told and left alone",
        "{n} faiblesses antérieures sont signalées et laissées telles quelles",
    ),
)

# ------------------------------------------------------------------- what ran

ENDED: dict[Ended, Text] = {
    Ended.DONE: Text("done", "fait"),
    Ended.SKIPPED: Text("it is so already", "c'est déjà le cas"),
    Ended.FAILED: Text("failed", "échec"),
    Ended.TIMEOUT: Text("not done in time", "pas fini à temps"),
    Ended.UNREACHABLE: Text("the host was lost", "l'hôte a été perdu"),
    Ended.INTERRUPTED: Text("interrupted", "interrompu"),
    Ended.UNKNOWN: Text("nobody knows how it ended", "nul ne sait comment cela a fini"),
}
SKIPS: dict[str, Text] = {
    "it is so already": ENDED[Ended.SKIPPED],
    "its condition does not hold": Text(
        "skipped: its condition does not hold",
        "sauté : sa condition n'est pas remplie",
    ),
    "its condition is not known": Text(
        "skipped: nobody knows whether its condition holds",
        "sauté : nul ne sait si sa condition est remplie",
    ),
}
"""Why an action was left out, by the reason that is kept of it."""
CODE = Text("code {n}", "code {n}")
ATTEMPT = Text("attempt {n}", "essai {n}")
ORPHAN = Text("still running there: {what}", "tourne encore là-bas : {what}")
KEPT = Text("kept", "conservé")

# ------------------------------------------------------------------ the end

OUTCOMES: dict[Outcome, Text] = {
    Outcome.CURED: Text("cured", "guéri"),
    Outcome.PERSISTS: Text("persists", "persiste"),
    Outcome.WORSE: Text("worse", "aggravé"),
    Outcome.UNKNOWN: Text("unknown", "inconnu"),
}
ENDS: dict[Outcome, Text] = {
    Outcome.CURED: Text("Cured and verified", "Guéri et vérifié"),
    Outcome.PERSISTS: Text("Not cured: it persists", "Pas guéri : cela persiste"),
    Outcome.WORSE: Text("Worse than before", "Pire qu'avant"),
    Outcome.UNKNOWN: Text(
        "Nobody can tell whether it is cured", "Impossible de dire si c'est guéri"
    ),
}
BY_HAND_ENDS: dict[bool, Text] = {
    True: Text("Done", "Fait"),
    False: Text("Not done", "Pas fait"),
}
BY_HAND_OUTCOMES: dict[bool, Text] = {
    True: Text("done", "fait"),
    False: Text("not done", "pas fait"),
}
"""A step called by hand cures nothing: it is done, or it is not."""
AT_LEVEL = Text("at level {n}", "au niveau {n}")
DRY = Text("Plan only: nothing was changed", "Plan seul : rien n'a été modifié")
WAITING = Text(
    "Waiting for approval: nothing was changed yet",
    "En attente d'accord : rien n'a encore été modifié",
)
REFUSED = Text("Refused", "Refusé")
STOPPED = Text("Stopped", "Arrêté")
HANDED_OFF = Text("Handed off", "Relais passé")
INTERRUPTED = Text("Interrupted", "Interrompu")
HEALTHY = Text("Nothing to fix: healthy", "Rien à réparer : tout va bien")
NOTHING = Text("Nothing to fix here", "Rien à réparer ici")
NOTHING_HELPS = Text(
    "Not well, and nothing was planned for it",
    "Tout ne va pas bien, et rien n'a été prévu",
)
CANNOT_TELL = Text("Cannot tell", "Impossible de conclure")
RESTARTED = Text("touched:", "touché :")
ONLY_CHANGED = Text(
    "no container was started, stopped or replaced",
    "aucun conteneur n'a été démarré, arrêté ni remplacé",
)
UNTOUCHED = Text("no service was touched", "aucun service n'a été touché")
REMAINS = Count(
    Text("{n} cause remains:", "{n} cause demeure :"),
    Text("{n} causes remain:", "{n} causes demeurent :"),
)
MESSAGE = Text("message for the next person", "message pour la personne suivante")
MESSAGE_FOR = Text("message for {to}", "message pour {to}")
CLIMBED = Text("climbs", "monte")
