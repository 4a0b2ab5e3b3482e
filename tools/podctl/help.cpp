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

Pods:
  apply       Create pods, or change them, from YAML or JSON files
  get         Show pods as a table, as YAML or as JSON
  describe    Show all there is to know of a pod
  logs        Print what a container has written
  exec        Run a command inside a container
  restart     Stop a pod's containers and start them again
  delete      Stop pods and forget them

The machine:
  node        What this machine is, and what its kernel has and lacks
  poweroff    Stop every pod and switch off
  reboot      Stop every pod and start anew
  halt        Stop every pod and stand still

  version     The versions of podctl and of podinit

Options of every verb:
  -n, --namespace NAME   The pods' namespace (default: "default")
      --socket PATH      podinit's socket (default: $PODINIT_SOCKET, or /run/podinit/control.sock).
                         A podinit that is not PID 1 has RUN_DIR/control.sock.
  -h, --help             Help for a verb, with examples

Exit code: 0 when all went well, 1 when not; exec gives the command's own.
)"},
    {"apply", R"(Create pods, or change them, from YAML or JSON files.

Every document of every file is checked first; when one has a problem, all problems are told, by file, line and JSON
pointer, and nothing is changed. What is applied survives a reboot.

Examples:
  # The pods of one file, of all files of a directory, of standard input
  podctl apply -f web.yaml
  podctl apply -f /etc/site/pods/
  sed s/@PORT@/8080/ web.yaml | podctl apply -f -

  # Is it right? Needs no podinit to ask
  podctl apply --dry-run=client -f web.yaml

  # Only until the next reboot
  podctl apply --transient -f debug.yaml

Usage:
  podctl apply -f FILE... [options]

Options:
  -f, --filename FILE   A file, a directory (*.yaml, *.yml, *.json) or - ; may be given several times
      --dry-run=HOW     client: check the files here; server: podinit checks too, and says what would become of each pod
      --transient       Forget the pods at the next reboot
)"},
    {"delete", R"(Stop pods and forget them.

A pod's containers get their stop signal and the pod's grace period to end in. The command ends when they are gone.

Examples:
  podctl delete pod web
  podctl delete pod/web pod/cache
  podctl delete -f web.yaml
  podctl delete pods -l app=demo
  podctl delete pod web --now

Usage:
  podctl delete (pod NAME... | pod/NAME... | pods -l SELECTOR | pods --all | -f FILE...) [options]

Options:
  -f, --filename FILE        Delete the pods that the file names
  -l, --selector SELECTOR    Delete the pods with these labels, see 'podctl get --help'
      --all                  Delete every pod of the namespace
      --grace-period N       Seconds to end in, instead of the pod's own
      --now                  The same as --grace-period=1
      --force                The same as --now when no grace period is given
      --ignore-not-found     A pod that is not there is no error
      --wait=false           Do not wait until they are gone
)"},
    {"get", R"(Show pods as a table, as YAML or as JSON.

Examples:
  podctl get pods
  podctl get pods -A -o wide
  podctl get pod web -o yaml
  podctl get pods -l 'app=web,tier!=test,zone in (a,b),!old'
  podctl get pods -o name

Usage:
  podctl get (pods | pod NAME... | pod/NAME...) [options]

Options:
  -o, --output FORMAT        wide, yaml, json or name
  -A, --all-namespaces       Pods of every namespace
  -l, --selector SELECTOR    Only pods with these labels: k, !k, k=v, k!=v, k in (v,w), k notin (v,w), joined by commas
      --show-labels          One more column
      --no-headers           No first line
)"},
    {"describe", R"(Show all there is to know of a pod: its containers, their states and why, conditions, volumes.

Examples:
  podctl describe pod web
  podctl describe pods -l app=web

Usage:
  podctl describe (pods | pod NAME... | pod/NAME...) [options]

Options:
  -A, --all-namespaces       Pods of every namespace
  -l, --selector SELECTOR    Only pods with these labels, see 'podctl get --help'
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

Usage:
  podctl exec [-i] [-t] POD [-c CONTAINER] -- COMMAND [ARG]...

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
  podctl logs [-f] [-p] POD [-c CONTAINER] [options]

Options:
  -c, --container NAME   The container (default: the first)
  -f, --follow           Go on until the container ends
  -p, --previous         Of the run before the current one
      --tail=N           Only the last N lines
      --timestamps       When each line was written
)"},
    {"restart", R"(Stop a pod's containers, or one of them, with the pod's grace period, and start them again at once.

Examples:
  podctl restart web
  podctl restart web -c cache

Usage:
  podctl restart POD [-c CONTAINER]

Options:
  -c, --container NAME   Only this container
)"},
    {"node",
     R"(What this machine is: its kernel, its addresses, the kernel features that pods may need and that it has or lacks,
and the manifests that podinit refused, with what is wrong in them.

Usage:
  podctl node
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
