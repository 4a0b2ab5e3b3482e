# SPDX-License-Identifier: Apache-2.0
# The page, typed into the appliance's console by tools/demo --batch, which sources this: $machine is the command that
# boots it and $port where its port 80 is.

output=''   # what the last command said
unread=''   # what the console said and nobody has looked at
matched=0
wrong=()

plain() {
    sed -e 's/\x1b\[[0-9;?]*[A-Za-z]//g' -e 's/\r//g'
}

# Waits for a shell's prompt on the console, at most $1 seconds; then all that came before it is in $output.
wait_for_prompt() {
    local until=$((SECONDS + $1)) chunk ended=''
    while ((SECONDS < until)) && [[ ! $ended ]]; do
        chunk=''
        # With -N a timeout leaves what has come; without anything it is the end of the machine.
        IFS= read -r -d '' -t 0.2 -N 65536 chunk <&"$from" || (($? > 128)) || ended=yes
        unread+=$chunk
        if [[ $unread =~ \#\ ($'\e[6n')?$ ]]; then
            output=$(plain <<< "$unread")
            unread=''
            return 0
        fi
    done
    plain <<< "$unread"
    die "the console shows no prompt for $1 s"
}

# Types a line at the console and shows what comes of it.
enter() {
    printf '%s\n' "$1" >&"$to"
    wait_for_prompt "${2:-40}"
    printf '%s' "$output"
}

# expect WHAT PATTERN: is it in the last output? (a bash pattern)
expect() {
    if [[ $output == *$2* ]]; then
        matched=$((matched + 1))
    else
        wrong+=("$1")
        printf '\n!! not as it should be: %s\n' "$1"
    fi
}

expect_not() {
    if [[ $output != *$2* ]]; then
        matched=$((matched + 1))
    else
        wrong+=("$1")
        printf '\n!! not as it should be: %s\n' "$1"
    fi
}

# A request from outside the machine, by the forwarded port.
fetch() {
    printf '\n(outside) $ curl http://127.0.0.1:%s%s\n' "$port" "$1"
    output=$(curl -sS --max-time 10 "http://127.0.0.1:$port$1" 2>&1) || output+=$'\n'"curl: exit status $?"
    printf '%s\n\npodinit:~# ' "$output"
}

# Applies the pod of a file and waits until it runs.
apply() {
    local name=${1%.yaml} try
    enter "podctl apply -f $1"
    expect "apply says that it created $name" "pod/$name created"
    for ((try = 0; try < 40; ++try)); do
        enter "podctl get pods $name"
        [[ $output != *" Running "* ]] || break
        sleep 0.5
    done
    expect "$name runs" " Running "
}

# The interfaces and their IPv4 addresses in what ifconfig printed.
interfaces() {
    sed -n -e 's/^\([a-z][a-z0-9]*\) .*Link encap.*/\1/p' -e 's/.*inet addr:\([0-9.]*\).*/\1/p' <<< "$output"
}

show_page() {
    local node_sees pod_sees line='Hello MyApp | Version: v1 | <a href="hostname.html">Pod Name</a>'
    step "booting it"
    coproc console { exec "${machine[@]}" 2>&1; }
    # Bash forgets the coprocess's own descriptors when it ends.
    exec {from}<&"${console[0]}" {to}>&"${console[1]}"
    local machine_pid=$console_PID
    trap 'kill "$machine_pid" 2> /dev/null || true' EXIT
    wait_for_prompt 120
    printf '%s' "$output"
    # The network is a pod's work too, and may be a moment behind the console.
    enter 'until ifconfig eth0 2>/dev/null | grep -q "inet addr"; do sleep 1; done'

    enter "cat pod-use-hostnetwork.yaml"
    apply pod-use-hostnetwork.yaml
    enter "podctl get pods -o wide"
    expect "get pods lists the page's pod" pod-use-hostnetwork
    enter "ifconfig"
    node_sees=$(interfaces)
    expect "the node has an address" 10.0.2.15
    enter "podctl exec -it pod-use-hostnetwork -- sh"
    enter "ifconfig"
    pod_sees=$(interfaces)
    [[ $node_sees == "$pod_sees" ]] || output=''
    expect "the pod sees exactly the node's interfaces and addresses" eth0
    enter "wget -qO- http://10.0.2.15/"
    expect "the node's address answers inside" "$line"
    enter "exit"
    fetch /
    [[ $output == "$line" ]] || output=''
    expect "the node's port 80 answers outside, to the letter" "$line"
    fetch /hostname.html
    expect "it tells its name" podinit
    enter "podctl delete pod pod-use-hostnetwork"
    expect "delete says so" 'pod "pod-use-hostnetwork" deleted'

    apply pod-private.yaml
    enter "podctl exec -it pod-private -- sh"
    enter "ifconfig"
    expect "a private pod has lo" "lo "
    [[ $(interfaces) == $'lo\n127.0.0.1' ]] || output=''
    expect "and nothing else" "lo "
    enter "wget -qO- http://127.0.0.1/"
    expect "it answers itself" "$line"
    enter "wget -qO- http://127.0.0.1/hostname.html"
    expect "and tells the pod's name" $'\npod-private\n'
    enter "exit"
    fetch /
    expect_not "the node's port 80 does not answer" "$line"

    apply pod-use-hostpid.yaml
    enter "podctl exec pod-use-hostpid -- cat /proc/1/comm"
    expect "with hostPID process 1 is podinit" $'\npodinit\n'
    enter "podctl exec pod-private -- cat /proc/1/comm"
    expect "without it is the container's own" $'\nmyapp\n'

    apply pod-use-hostipc.yaml
    enter "ipcmk -Q"
    enter "podctl exec pod-use-hostipc -- cat /proc/sysvipc/msg"
    expect "with hostIPC the node's queue is seen" $'\n         0          0 '
    enter "podctl exec pod-private -- cat /proc/sysvipc/msg"
    expect_not "without it is not" $'\n         0          0 '
    enter "podctl get pods -o wide"

    printf 'podctl poweroff\n' >&"$to"
    local tail_of_it
    tail_of_it=$(timeout 90 cat <&"$from" | plain) || wrong+=("the machine powers off")
    printf '%s\n' "$tail_of_it"
    trap - EXIT
    wait "$machine_pid" || wrong+=("QEMU ends with status 0")

    step "$matched checks matched, ${#wrong[@]} did not"
    ((${#wrong[@]})) || return 0
    printf '  not as it should be: %s\n' "${wrong[@]}"
    return 1
}
