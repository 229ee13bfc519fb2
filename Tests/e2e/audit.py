"""What accounts have asked of the API server, by its audit log, against what their roles allow."""

import collections
import json

Request = collections.namedtuple("Request", "group resource name verb namespace")

# Rules that no ordinary day uses, and why they are there all the same.
RARE = {
    ("", "configmaps", "", "get"): "scripts beyond 1 MiB stand in further config maps",
}

# What the hub asks for and does without, where it is not allowed.
OPTIONAL = {("", "pods/log", "get")}


def requests(log, account):
    """The requests of a service account (NAMESPACE:NAME), and those that were refused."""
    made, refused = collections.Counter(), collections.Counter()
    with open(log, encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if event["user"].get("username") != f"system:serviceaccount:{account}":
                continue
            about = event.get("objectRef")
            if about is None:
                # /version and the like are open to all who are known.
                continue
            resource = about["resource"] + ("/" + about["subresource"] if "subresource" in about else "")
            request = Request(about.get("apiGroup", ""), resource, about.get("name", ""), event["verb"],
                              about.get("namespace", ""))
            if (request.group, request.resource, request.verb) in OPTIONAL:
                continue
            isRefused = event.get("annotations", {}).get("authorization.k8s.io/decision") != "allow"
            (refused if isRefused else made)[request] += 1
    return made, refused


def rules(roles):
    """Roles as (group, resource, name, verb); a name is empty where any will do."""
    return {
        (group, resource, name, verb)
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for name in rule.get("resourceNames", [""])
        for verb in rule["verbs"]
    }


def compare(log, account, roles):
    """What was asked beyond the rules, and the rules that nothing has used and nobody explains."""
    made, refused = requests(log, account)
    granted = rules(roles)
    used = set()
    beyond = []
    for request in made:
        # A list or watch by name has it in a field selector, which the server puts here too.
        fits = {r for r in granted if r[0] == request.group and r[1] == request.resource and r[3] == request.verb
                and r[2] in ("", request.name)}
        named = {r for r in fits if r[2]}
        used |= named or fits
        if not fits:
            beyond.append(request)
    unused = {r for r in granted - used if r not in RARE}
    return {"made": made, "refused": refused, "beyond": beyond, "unused": unused, "rare": granted - used - unused}
