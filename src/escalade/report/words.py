"""The fixed sentences of every report, English and French side by side.

`{n}` and other slots are filled by `Text.fill`, so a value never opens a slot.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from escalade.text import Lang
from escalade.text import Text

__all__ = ["Count", "hand_to", "listed", "number", "one_of", "seconds", "size"]


@dataclass(frozen=True, slots=True)
class Count:
    """A sentence with a number in it: `one` and `many` both have the slot `{n}`."""

    one: Text
    many: Text

    def say(self, n: int, lang: Lang, **more: str) -> str:
        """Return the sentence for a number; French counts 0 as one, English as many."""
        single = n in (0, 1) if lang == "fr" else n == 1
        text = self.one if single else self.many
        return text.fill({"n": str(n), **more}).pick(lang)


def number(value: float, lang: Lang, digits: int = 1) -> str:
    """Return a number as people write it: `1.2` in English, `1,2` in French."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if lang == "fr" else text


def seconds(value: float, lang: Lang) -> str:
    """Return a duration in two words at most: `0.3 s`, `12 s`, `4 min`, `3 h`, `2 d`."""
    day = "j" if lang == "fr" else "d"
    for size, unit in ((86400, day), (3600, "h"), (60, "min")):
        if value >= 2 * size:
            return f"{int(value // size)} {unit}"
    return f"{number(value, lang)} s" if value < 10 else f"{int(value)} s"  # noqa: PLR2004


def listed(items: Iterable[str], lang: Lang) -> str:
    """Return items that may hold commas, set apart as each language does."""
    return (" ; " if lang == "fr" else "; ").join(items)


def size(value: float, lang: Lang) -> str:
    """Return a number of bytes in decimal units: `412 MB`, `1.2 GB`; `Mo`, `Go`."""
    unit = "o" if lang == "fr" else "B"
    for power, prefix in ((12, "T"), (9, "G"), (6, "M"), (3, "k")):
        if value >= 10**power:
            shown = value / 10**power
            digits = 1 if shown < 10 else 0  # noqa: PLR2004
            return f"{number(shown, lang, digits)} {prefix}{unit}"
    return f"{int(value)} {unit}"


def one_of(table: dict[str, Text], key: str | None, lang: Lang) -> str:
    """Return the words for a code word, the code word itself where there are none."""
    if not key:
        return ""
    return table[key].pick(lang) if key in table else key.replace("-", " ")


def hand_to(whom: str, lang: Lang) -> str:
    """Return the words of a hand-off: no command does it."""
    to = PEOPLE[whom].pick(lang) if whom in PEOPLE else whom
    return HAND_TO.fill({"to": to}).pick(lang)


# ------------------------------------------------------------------ headline

HEALTHY = Text("Healthy", "Tout va bien")
CAUSES = Count(
    Text("{n} cause found", "{n} cause trouvée"),
    Text("{n} causes found", "{n} causes trouvées"),
)
CONSEQUENCES = Count(
    Text("{n} consequence", "{n} conséquence"),
    Text("{n} consequences", "{n} conséquences"),
)
WEAK_ONLY = Count(
    Text("No failure, but {n} weakness", "Pas de panne, mais {n} faiblesse"),
    Text("No failure, but {n} weaknesses", "Pas de panne, mais {n} faiblesses"),
)
HOSTS_LOST = Count(
    Text("{n} host cannot be reached", "{n} hôte injoignable"),
    Text("{n} hosts cannot be reached", "{n} hôtes injoignables"),
)
FINDINGS_REMAIN = Text("Findings remain", "Il reste des constats")
MISSING = Count(
    Text("{n} answer is missing", "{n} réponse manque"),
    Text("{n} answers are missing", "{n} réponses manquent"),
)
CANNOT_TELL = Text("Cannot tell", "Impossible de conclure")
HIDING_GAPS = Count(
    Text(
        "{n} question that could hide an error has no answer",
        "{n} question sans réponse pourrait cacher une erreur",
    ),
    Text(
        "{n} questions that could hide an error have no answer",
        "{n} questions sans réponse pourraient cacher une erreur",
    ),
)
NO_STACK_SHORT = Text("no stack found", "aucune pile trouvée")
HOSTS = Count(Text("{n} host", "{n} hôte"), Text("{n} hosts", "{n} hôtes"))
HOSTS_OF = Count(
    Text("{up} of {n} host", "{up} hôte sur {n}"),
    Text("{up} of {n} hosts", "{up} hôtes sur {n}"),
)
SERVICES = Count(
    Text("{n} service", "{n} service"), Text("{n} services", "{n} services")
)
QUICK = Text("quick look", "vue rapide")
DEEP = Text("whole logs read", "journaux lus en entier")

# ----------------------------------------------------------- hosts and board

UNREACHED = Text("{host} cannot be reached", "{host} est injoignable")
ALL_OK = Count(
    Text("{n} service ok", "{n} service ok"), Text("{n} services ok", "{n} services ok")
)
MORE_OK = Count(Text("{n} ok:", "{n} ok :"), Text("{n} ok:", "{n} ok :"))
MORE_QUIET = Count(
    Text("{n} other stack without trouble:", "{n} autre pile sans problème :"),
    Text("{n} other stacks without trouble:", "{n} autres piles sans problème :"),
)
MORE_GROUPS = Count(
    Text("and {n} more stack without trouble", "et {n} autre pile sans problème"),
    Text("and {n} more stacks without trouble", "et {n} autres piles sans problème"),
)
MORE_ROWS = Count(
    Text("and {n} more service in trouble:", "et {n} autre service en difficulté :"),
    Text("and {n} more services in trouble:", "et {n} autres services en difficulté :"),
)
HEALTHY_HOSTS = Count(
    Text("{n} host healthy:", "{n} hôte en bonne santé :"),
    Text("{n} hosts healthy:", "{n} hôtes en bonne santé :"),
)
NO_CONTAINER = Text("no container", "pas de conteneur")

HOST_CAUSES: dict[str, Text] = {
    "name": Text("its name does not resolve", "son nom n'est pas résolu"),
    "route": Text("no route leads there", "aucune route n'y mène"),
    "gateway": Text(
        "its jump host did not let us through",
        "son rebond SSH ne nous laisse pas passer",
    ),
    "refused": Text("connection refused", "connexion refusée"),
    "timeout": Text("no answer in time", "pas de réponse à temps"),
    "dns": Text("its name does not resolve", "son nom n'est pas résolu"),
    "no-route": Text("no route to it", "aucune route vers lui"),
    "unreachable": Text("its network cannot be reached", "son réseau est injoignable"),
    "reset": Text("the connection was reset", "la connexion a été coupée"),
    "closed": Text("it closed the connection", "il a fermé la connexion"),
    "denied": Text("it refused our login", "il a refusé notre identification"),
    "auth": Text("it refused our login", "il a refusé notre identification"),
    "hostkey": Text(
        "its host key is unknown or has changed",
        "sa clé d'hôte est inconnue ou a changé",
    ),
    "host-key-unknown": Text(
        "its host key is not known yet", "sa clé d'hôte n'est pas encore connue"
    ),
    "host-key-changed": Text("its host key has CHANGED", "sa clé d'hôte a CHANGÉ"),
    "banner": Text(
        "it accepts, but does not speak SSH", "il accepte, mais ne parle pas SSH"
    ),
    "shell": Text(
        "its login shell does not do what it is told",
        "son shell de connexion n'obéit pas",
    ),
    "sudo": Text("sudo does not let us", "sudo nous refuse"),
    "deadline": Text("it was not done in time", "il n'a pas fini à temps"),
    "inventory": Text(
        "its variables in the inventory are wrong",
        "ses variables dans l'inventaire sont fausses",
    ),
}

# --------------------------------------------------------------------- roots

SEVERITIES: dict[str, Text] = {
    "info": Text("info", "info"),
    "warning": Text("warning", "alerte"),
    "error": Text("error", "erreur"),
    "critical": Text("critical", "critique"),
}
CLASSES: dict[str, Text] = {
    "proven": Text("proven", "prouvé"),
    "strong": Text("strong evidence", "indices forts"),
    "likely": Text("likely", "probable"),
    "guess": Text("a guess", "une supposition"),
}
ON_HOST = Text("{service} on {host}", "{service} sur {host}")
ON_MANY = Text(
    "{service} on {n} of {of} hosts: {hosts}",
    "{service}, {n} hôtes sur {of} : {hosts}",
)
MANY = Text("{n} of {of} hosts: {hosts}", "{n} hôtes sur {of} : {hosts}")
STACK = Text("stack {stack}", "pile {stack}")
SUSPECTED = Text("suspected, not observed itself", "soupçonné, non observé lui-même")
WHY = Text("why", "preuve")
HENCE = Text("hence", "d'où")
DO = Text("do", "faire")
MORE_EVIDENCE = Count(
    Text("and {n} more piece of evidence", "et {n} autre preuve"),
    Text("and {n} more pieces of evidence", "et {n} autres preuves"),
)
EXPLAINS = Count(
    Text("explains {n}", "explique {n}"), Text("explains {n}", "explique {n}")
)
AND_MORE = Count(
    Text("and {n} more", "et {n} autre"), Text("and {n} more", "et {n} autres")
)
LEVELS: dict[int, Text] = {
    1: Text("level 1, automatic", "niveau 1, automatique"),
    2: Text("level 2, with approval", "niveau 2, avec accord"),
    3: Text("level 3, hand-off", "niveau 3, relais"),
}
LEVEL = Text("level {n}", "niveau {n}")
WAIT = Text("wait: it passes by itself", "attendre : cela passe de soi-même")
NOTHING = Text("nothing to run", "rien à lancer")
HANDOFF = Text(
    "hand off: no command cures this",
    "passer le relais : aucune commande ne répare cela",
)
HAND_TO = Text(
    "hand off to {to}: send this report along",
    "passer le relais à {to} : joindre ce rapport",
)
PEOPLE: dict[str, Text] = {
    "": Text("whoever can", "qui de droit"),
    "on-call": Text("on-call", "l'astreinte"),
}
MORE_CAUSES = Count(
    Text("{n} more cause:", "{n} autre cause :"),
    Text("{n} more causes:", "{n} autres causes :"),
)

# ------------------------------------------------- weaknesses, gaps, closing

WEAKNESSES = Count(
    Text("{n} weakness, there before", "{n} faiblesse, déjà là avant"),
    Text("{n} weaknesses, there before", "{n} faiblesses, déjà là avant"),
)
NOTES = Count(
    Text("{n} note for information", "{n} note pour information"),
    Text("{n} notes for information", "{n} notes pour information"),
)
OTHER_GAPS = Count(
    Text("{n} other question has no answer", "{n} autre question sans réponse"),
    Text("{n} other questions have no answer", "{n} autres questions sans réponse"),
)
NOT_APPLICABLE = Text("not applicable here:", "sans objet ici :")
RUN_LINE = Text(
    "run {run}, started {started}, took {took}",
    "exécution {run}, commencée {started}, durée {took}",
)
RETRY = Text("Retry:", "Réessayer :")
LEFT = Count(
    Text("the {n} of {of} hosts that is left", "l'hôte restant, {n} sur {of}"),
    Text("the {n} of {of} hosts that are left", "les {n} hôtes restants sur {of}"),
)
IN_SHORT = Text("Cause:", "Cause :")
NEXT = Text("Next:", "Ensuite :")

# -------------------------------------------------------- no engine, no stack

SEE_IT_WORK = Text(
    "Two ways to see Escalade at work:", "Deux façons de voir Escalade à l'œuvre :"
)
WAY_DEMO = Text(
    "set up a demonstration stack here", "installer ici une pile de démonstration"
)
WAY_CASE = Text(
    "read a recorded incident; needs no Docker",
    "lire un incident enregistré ; sans Docker",
)
NO_STACK = Text("No stack to look at.", "Aucune pile à examiner.")
PROJECTS = Text("Compose projects that can be seen:", "Projets Compose visibles :")
NO_PROJECTS = Text(
    "No Compose project can be seen: is the stack up on this host?",
    "Aucun projet Compose n'est visible : la pile est-elle lancée sur cet hôte ?",
)
WAY_STACK = Text("look at one of them", "examiner l'un d'eux")

# ------------------------------------------------------------------ progress

HOST_DONE = Text("{host}: done, {took}", "{host} : terminé, {took}")
HOST_LOST = Text("{host}: {cause}, {took}", "{host} : {cause}, {took}")
DONE_OF = Text("{done} of {n} hosts", "{done} hôtes sur {n}")
STEPS: dict[str, Text] = {
    "open": Text("connecting", "connexion"),
    "facts": Text("getting to know it", "prise de contact"),
    "engine": Text("asking the Engine", "interrogation de l'Engine"),
    "containers": Text("looking at the containers", "examen des conteneurs"),
    "questions": Text("asking questions", "questions en cours"),
    "wait": Text("waiting", "attente"),
}

# ---------------------------------------------- the guide's manual questions

HOST = Text("host", "hôte")
STACK_HEAD = Text("stack", "pile")
SERVICE = Text("service", "service")
CONTAINER = Text("container", "conteneur")
STATE = Text("state", "état")
HEALTH = Text("health", "santé")
SINCE = Text("since", "depuis")
EXIT = Text("exit", "code")
RESTARTS = Text("restarts", "relances")
PORTS = Text("ports", "ports")
NO_CONTAINERS = Text("No container was seen.", "Aucun conteneur n'a été vu.")

PROCESSORS = Text("CPUs", "processeurs")
LOAD = Text("load, 1 min", "charge, 1 min")
MEMORY = Text("memory free", "mémoire libre")
OF_MEMORY = Text("of", "sur")
SWAP = Text("swap used", "swap utilisé")
FILES = Text("file handles", "descripteurs")
UPTIME = Text("up for", "en marche depuis")
CLOCK = Text("clock offset", "écart d'horloge")
MOUNT = Text("disk", "disque")
USED = Text("used", "utilisé")
FREE = Text("free", "libre")
INODES = Text("inodes used", "inodes utilisés")
IMAGES = Text("images", "images")
CONTAINERS = Text("containers", "conteneurs")
VOLUMES = Text("volumes", "volumes")
CACHE = Text("build cache", "cache de build")
RECLAIMABLE = Text("reclaimable", "récupérable")
MEMORY_USED = Text("memory", "mémoire")
LIMIT = Text("limit", "limite")
THROTTLED = Text("CPU throttled", "CPU bridé")
PROCESSES = Text("processes", "processus")
OOM_KILLS = Text("OOM kills", "tués par OOM")
HOSTS_TITLE = Text("Hosts", "Hôtes")
DISKS_TITLE = Text("Disks", "Disques")
DOCKER_TITLE = Text("What Docker keeps on disk", "Ce que Docker garde sur le disque")
CONTAINERS_TITLE = Text("Containers", "Conteneurs")
NO_RESOURCES = Text("Nothing was measured.", "Rien n'a été mesuré.")

NO_LOGS = Text("No log line was read.", "Aucune ligne de journal n'a été lue.")
NO_WEAKNESS = Text("No weakness was found.", "Aucune faiblesse n'a été trouvée.")

NOT_HTTP = Text("answers, but not in HTTP", "répond, mais pas en HTTP")
ANSWERS_CODE = Text("answers {status}", "répond {status}")
ACCEPTS = Text("accepts connections", "accepte les connexions")
ACCEPTS_TLS = Text(
    "accepts connections (TLS was not spoken)",
    "accepte les connexions (sans parler TLS)",
)
IN_TIME = Text("in {took}", "en {took}")
SEEN_FROM = Text("seen from {host}", "vu depuis {host}")
OUTCOMES: dict[str, Text] = {
    "silent": Text("accepts, but says nothing", "accepte, mais ne dit rien"),
    "closed": Text(
        "accepts, then closes without a word", "accepte, puis ferme sans un mot"
    ),
    "reset": Text(
        "accepts, then cuts the connection: nothing listens behind it",
        "accepte, puis coupe la connexion : rien n'écoute derrière",
    ),
    "refused": Text(
        "refuses the connection: nothing listens there",
        "refuse la connexion : rien n'écoute là",
    ),
    "timeout": Text("does not answer in time", "ne répond pas à temps"),
    "dns": Text("its name does not resolve", "son nom n'est pas résolu"),
    "no-route": Text("no route leads there", "aucune route n'y mène"),
    "unreachable": Text("its network cannot be reached", "son réseau est injoignable"),
    "denied": Text(
        "we are not allowed to ask", "nous n'avons pas le droit de demander"
    ),
}
