// SPDX-License-Identifier: Apache-2.0
#include "tools/podctl/help.hpp"

#include <array>

namespace ctl {

namespace {

struct Page {
    std::string_view verb;
    std::string_view text;
};

constexpr auto pages = std::to_array<Page>({
    {"", R"(podctl talks to podinit, which runs pods on one machine. It speaks as kubectl does.

Usage:
  podctl VERB [options]

Objects (pods, configmaps, secrets, daemonsets, deployments, statefulsets):
  apply       Create objects, or change them, from YAML or JSON files
  create      The same for objects that are not there yet
  replace     The same for objects that are there
  diff        What apply would change
  get         Show objects as a table, as YAML or as JSON
  describe    Show all there is to know of an object
  events      Show what has happened to pods
  delete      Stop pods, and forget objects

Pods:
  logs        Print what a container has written
  exec        Run a command inside a container
  restart     Stop a pod's containers and start them again
  set-condition  Open or close a pod's readiness gate

Manifests, without a podinit to ask:
  check       What is wrong with manifests, a config.json or an image store
  explain     What the fields of a manifest mean, and what podinit makes of them

The machine:
  node        What this machine is, and what its kernel has and lacks
  poweroff    Stop every pod and switch off
  reboot      Stop every pod and start anew
  halt        Stop every pod and stand still

  version     The versions of podctl and of podinit

Options of every verb:
  -n, --namespace NAME   The objects' namespace (default: "default")
      --socket PATH      podinit's socket (default: $PODINIT_SOCKET, or /run/podinit/control.sock).
                         A podinit that is not PID 1 has RUN_DIR/control.sock.
  -h, --help             Help for a verb, with examples

Exit code: 0 when all went well, 1 when not; exec gives the command's own.
)"},
    {"apply", R"(Create objects, or change them, from YAML or JSON files.

Every document of every file is checked first; when one has a problem, all problems are told, by file, line and JSON
pointer, and nothing is changed. What is applied survives a reboot. Kinds that mean something to a cluster only, as
Service or ClusterRole, are passed over with a warning, so that whole files apply.

Examples:
  # The objects of one file, of all files of a directory, of standard input
  podctl apply -f web.yaml
  podctl apply -f /etc/site/pods/
  sed s/@PORT@/8080/ web.yaml | podctl apply -f -

  # Is it right? Needs no podinit to ask
  podctl apply --dry-run=client -f web.yaml

  # Only until the next reboot
  podctl apply --transient -f debug.yaml

  # On trial: as it was before, unless all is ready within a minute
  podctl apply --wait --timeout 60s --rollback -f web.yaml

Usage:
  podctl apply -f FILE... [options]

Options:
  -f, --filename FILE   A file, a directory (*.yaml, *.yml, *.json) or - ; may be given several times
  -R, --recursive       The directories in a directory, too
      --dry-run=HOW     client: check the files here; server: podinit checks too, and says what would become of each
                        object
  -o, --output FORMAT   name, yaml or json: the objects as they are now (or, of a dry run, as they would be)
      --transient       Forget the objects at the next reboot
      --wait            Until all pods of the objects are ready or have succeeded; 1 when one is not in time
      --timeout TIME    How long to wait (default 60s)
      --rollback        With --wait: put everything back as it was when they are not, when podctl is gone by then, and
                        when the machine goes down meanwhile
)"},
    {"create",
     R"(Create objects from YAML or JSON files. Those that are there already are left alone, which is an error.

Examples:
  podctl create -f web.yaml

  # With all defaults filled in
  podctl create --dry-run=client -o yaml -f web.yaml

Usage:
  podctl create -f FILE... [options]

The options are those of 'podctl apply --help'.
)"},
    {"replace", R"(Replace objects by those of YAML or JSON files. One that is not there yet is an error.

Examples:
  podctl replace -f web.yaml

Usage:
  podctl replace -f FILE... [options]

The options are those of 'podctl apply --help'.
)"},
    {"diff",
     R"(Show what apply would change, as a unified diff of YAML. Nothing is changed. Of Secrets only that a value changes is
shown, not what it is.

Examples:
  podctl diff -f web.yaml
  podctl diff -R -f site/

Usage:
  podctl diff -f FILE... [options]

Options:
  -f, --filename FILE   A file, a directory (*.yaml, *.yml, *.json) or - ; may be given several times
  -R, --recursive       The directories in a directory, too

KUBECTL_EXTERNAL_DIFF names another diff program, with its options; it gets two directories.

Exit code: 0 when nothing would change, 1 when something would, 2 when that cannot be told.
)"},
    {"delete", R"(Stop pods, and forget objects.

A pod's containers get their stop signal and the pod's grace period to end in. The pods of a workload go with it. The
command ends when they are gone.

Examples:
  podctl delete pod web
  podctl delete deploy/web cm/settings
  podctl delete -f web.yaml
  podctl delete pods,secrets -l app=demo
  podctl delete pod web --now

Usage:
  podctl delete (TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | TYPE --all | -f FILE...) [options]

Options:
  -f, --filename FILE        Delete the objects that the file names
  -R, --recursive            The directories in a directory, too
  -l, --selector SELECTOR    Delete the objects with these labels, see 'podctl get --help'
      --all                  Delete every object of the type in the namespace
      --grace-period N       Seconds to end in, instead of the pod's own
      --now                  The same as --grace-period=1
      --force                The same as --now when no grace period is given
      --ignore-not-found     An object that is not there is no error
      --wait=false           Do not wait until they are gone
)"},
    {"get", R"(Show objects as a table, as YAML or as JSON.

A TYPE is pods (po), configmaps (cm), secrets, daemonsets (ds), deployments (deploy), statefulsets (sts), several of
them joined by commas, or all: pods and what makes pods. By itself also events: see 'podctl events --help'.

Examples:
  podctl get pods
  podctl get all -A -o wide
  podctl get deploy/web -o yaml
  podctl get pods -l 'app=web,tier!=test,zone in (a,b),!old'
  podctl get cm,secrets -o name
  podctl get pod web -o jsonpath='{.status.phase}'

Usage:
  podctl get (TYPE | TYPE NAME... | TYPE/NAME...) [options]

Options:
  -o, --output FORMAT        wide, yaml, json, name, jsonpath=TEMPLATE or custom-columns=HEADER:PATH,...
  -A, --all-namespaces       Objects of every namespace
  -l, --selector SELECTOR    Only those with these labels: k, !k, k=v, k!=v, k in (v,w), k notin (v,w), joined by commas
      --show-labels          One more column
      --no-headers           No first line
      --ignore-not-found     An object that is not there is no error
)"},
    {"describe",
     R"(Show all there is to know of an object. Of a pod: its containers, their states and why, conditions, volumes, what of
its manifest is not acted on here, and its events. Of a Secret: its keys and their sizes, not the values.

Examples:
  podctl describe pod web
  podctl describe deploy,pods -l app=web

Usage:
  podctl describe (TYPE | TYPE NAME... | TYPE/NAME...) [options]

Options:
  -A, --all-namespaces       Objects of every namespace
  -l, --selector SELECTOR    Only those with these labels, see 'podctl get --help'
)"},
    {"events",
     R"(Show what has happened to pods: containers that were started, stopped and why, probes and hooks that failed, what keeps
a pod from starting. What happens again is counted. podinit remembers an hour of it, as far as there is room, also of
pods that are gone.

Examples:
  podctl events
  podctl events --for pod/web
  podctl events -A -w --types=Warning

Usage:
  podctl events [options]

Options:
      --for pod/NAME         Only of this pod
  -w, --watch                Go on with what happens from now on
  -A, --all-namespaces       Of the pods of every namespace
      --types TYPE,...       Only Normal or only Warning
  -o, --output FORMAT        yaml or json
      --no-headers           No first line
)"},
    {"exec", R"(Run a command inside a container.

The command talks to podctl directly: podinit starts it and tells its exit code, which becomes podctl's.

Examples:
  # A shell
  podctl exec -it web -- sh

  # One command, in a container that is not the first
  podctl exec web -c cache -- ls -l /data

  # A file into the container
  podctl exec -i web -- sh -c 'cat > /tmp/file' < file

  # In a pod of a workload
  podctl exec deploy/web -- date

Usage:
  podctl exec [-i] [-t] (POD | TYPE/NAME) [-c CONTAINER] -- COMMAND [ARG]...

Options:
  -c, --container NAME   The container (default: the first)
  -i, --stdin            Pass standard input to the command
  -t, --tty              Give the command a terminal; needs -i, and a terminal as standard input
  -q, --quiet            Say only what the command says
)"},
    {"logs", R"(Print what a container has written to its standard output and error.

Examples:
  podctl logs web
  podctl logs -f --tail=20 web -c cache

  # Why did it crash?
  podctl logs -p web

Usage:
  podctl logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] [options]

Options:
  -c, --container NAME   The container (default: the first)
  -f, --follow           Go on until the container ends
  -p, --previous         Of the run before the current one
      --limit-bytes=N    At most so much
      --since=DURATION   What is not older, such as 5s, 2m or 3h
      --since-time=TIME  What is not older than that, such as 2026-01-31T12:00:00Z
      --tail=N           Only the last N lines
      --timestamps       When each line was written
)"},
    {"restart",
     R"(Stop a pod's containers, or one of them, with the pod's grace period, and start them again at once. Of a workload
those of all its pods.

Examples:
  podctl restart web
  podctl restart web -c cache

Usage:
  podctl restart (POD | TYPE/NAME) [-c CONTAINER]

Options:
  -c, --container NAME   Only this container
)"},
    {"set-condition", R"(Set the conditions that a pod's readiness gates wait for. The pod is ready when all are True and its containers are
ready. They are kept until the pod goes or podinit ends.

Examples:
  podctl set-condition web example.com/in-balancer=True
  podctl set-condition web example.com/in-balancer-

Usage:
  podctl set-condition POD TYPE=(True|False|Unknown)|TYPE- ...
)"},
    {"check", R"(Find out what is wrong with manifests, configurations and image stores before a machine boots on them.

It is podinit's own reading that judges, so what passes is taken. All problems are told as FILE:LINE:COLUMN: POINTER:
MESSAGE, also those between objects: an object that comes twice, a pod with the name of a workload's, a ConfigMap, a
Secret or a key that pods refer to and that is not there. The last line sums up.

A directory is read as podinit reads one: *.json only, nothing deeper, one document of one object in each file.

Examples:
  podctl check -f web.yaml
  podctl check -f image/etc/podinit/manifests --images image/usr/share/podinit/images
  podctl check --config image/etc/podinit/config.json
  podctl check --strict -o json -f . -R | jq -r .problems[].message

Usage:
  podctl check [-f FILE]... [--config FILE]... [--images DIR]... [options]

Options:
  -f, --filename FILE   A file of YAML or JSON, a directory as podinit has it, or -
  -R, --recursive       The directories in a directory, too
      --boot            Each file is meant for such a directory
      --config FILE     A file like /etc/podinit/config.json
      --images DIR      A directory like /var/lib/podinit/images; it must hold the image of every container
      --strict          A warning counts as an error
  -o, --output json     A report for programs, see podctl(1)

Exit code: 0 when the machine would take it all, 1 when not.
)"},
    {"explain", R"(Explain the fields of a manifest: their types, their meaning, and what podinit makes of each.

Examples:
  podctl explain pod
  podctl explain pod.spec.hostNetwork
  podctl explain deployment.spec.template.spec.containers --recursive

  # All fields as a table; a JSON Schema for an editor
  podctl explain --output=markdown
  podctl explain --output=json-schema > podinit.schema.json

Usage:
  podctl explain TYPE[.FIELD]... [options]

Options:
      --recursive       The names of all fields below
  -o, --output FORMAT   plaintext; markdown and json-schema are of all types at once
)"},
    {"node",
     R"(What this machine is: its kernel, its addresses, the kernel features that pods may need and that it has or lacks,
the manifests that podinit refused, with what is wrong in them, and what is to be confirmed: a change on trial, or that
all manifests are used again after boots that failed.

Usage:
  podctl node
  podctl node confirm
  podctl node reexec [--binary PATH]

reexec puts another podinit in the place of the running one, PATH or what is now where that was started from, and no
container notices. It is tried first: one that could not go on from here is refused.

Options:
      --binary PATH   A file that only root can write to
)"},
    {"poweroff", R"(Stop every pod with its grace period, then everything else, then switch the machine off.

Usage:
  podctl poweroff
)"},
    {"reboot", R"(Stop every pod with its grace period, then everything else, then start the machine anew.

Usage:
  podctl reboot [--kexec]

Options:
      --kexec   Into the kernel that has been loaded by kexec -l, without the firmware
)"},
    {"halt", R"(Stop every pod with its grace period, then everything else, then stand still with the power on.

Usage:
  podctl halt
)"},
    {"version", R"(The versions of podctl and of the podinit that it talks to.

Usage:
  podctl version [--client]

Options:
      --client   Only podctl's own; asks nobody
)"},
});

} // namespace

std::string_view help_text(std::string_view verb) {
    for (const Page& page : pages)
        if (page.verb == verb)
            return page.text;
    return "";
}

} // namespace ctl
