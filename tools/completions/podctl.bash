# SPDX-License-Identifier: Apache-2.0
# bash completion for podctl

_podctl_pods() {
    podctl "${_podctl_common[@]}" get pods -o name 2>/dev/null | sed 's|^pod/||'
}

_podctl_types='all configmaps daemonsets deployments pods secrets statefulsets'

_podctl_names() {
    podctl "${_podctl_common[@]}" get "$1" -o name 2>/dev/null | sed 's|^[^/]*/||'
}

_podctl_containers() {
    podctl "${_podctl_common[@]}" get pod "$1" -o yaml 2>/dev/null |
        sed -n '/^  containers:$/,/^  [a-z]/{s/^  - name: //p;s/^    name: //p}'
}

_podctl() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}
    local verbs='apply check create delete describe diff events exec explain get halt help logs node poweroff reboot replace restart set-condition version'
    local verb='' pod='' word i words=()
    local _podctl_common=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            --) return ;;
            -n | --namespace | --socket)
                _podctl_common+=("$word" "${COMP_WORDS[i + 1]}")
                ((i++))
                ;;
            -f | --filename | --for | -l | --selector | -o | --output | -c | --container | --config | --images | --binary) ((i++)) ;;
            -*) ;;
            *) words+=("$word") ;;
        esac
    done
    verb=${words[0]:-}
    pod=${words[1]:-}

    local flags='--namespace --socket --help' list=''
    case $verb in
        apply | create | replace)
            flags+=' --filename --recursive --dry-run=client --dry-run=server --output --transient --wait --timeout --rollback'
            ;;
        diff) flags+=' --filename --recursive' ;;
        delete) flags+=' --filename --recursive --selector --grace-period --all --now --force --ignore-not-found --wait=false' ;;
        get) flags+=' --output --all-namespaces --selector --show-labels --no-headers --ignore-not-found' ;;
        describe) flags+=' --all-namespaces --selector' ;;
        events) flags+=' --for --watch --all-namespaces --types=Normal --types=Warning --output --no-headers' ;;
        exec) flags+=' --container --stdin --tty --quiet' ;;
        logs) flags+=' --container --follow --previous --tail --since --since-time --limit-bytes --timestamps' ;;
        restart) flags+=' --container' ;;
        check) flags+=' --filename --recursive --boot --config --images --strict --output' ;;
        explain) flags+=' --recursive --output' ;;
        reboot) flags+=' --kexec' ;;
        node) flags+=' --binary' ;;
        version) flags+=' --client' ;;
    esac
    case $prev in
        -f | --filename | --socket | --config | --images | --binary)
            if [[ $verb != logs || $prev != -f ]]; then
                compopt -o filenames
                mapfile -t COMPREPLY < <(compgen -f -- "$cur")
                return
            fi
            ;;
        -o | --output)
            case $verb in
                check) list='json' ;;
                events) list='yaml json' ;;
                explain) list='plaintext markdown json-schema' ;;
                *) list='wide yaml json name jsonpath= custom-columns=' ;;
            esac
            ;;
        -c | --container) list=$(_podctl_containers "${pod#*/}") ;;
        --for) list=$(podctl "${_podctl_common[@]}" get pods -o name 2>/dev/null) ;;
        -n | --namespace) list=$(podctl get pods -A --no-headers 2>/dev/null | awk '{print $1}' | sort -u) ;;
    esac
    if [[ -z $list ]]; then
        if [[ $cur == -* ]]; then
            list=$flags
        elif [[ -z $verb ]]; then
            list=$verbs
        else
            case $verb in
                get | delete | describe)
                    [[ -z $pod ]] && list=$_podctl_types || list=$(_podctl_names "$pod")
                    [[ -z $pod && $verb == get ]] && list+=' events'
                    ;;
                exec | logs | restart | set-condition) [[ -z $pod ]] && list=$(_podctl_pods) ;;
                explain) [[ -z $pod ]] && list=$_podctl_types ;;
                node) [[ -z $pod ]] && list='confirm reexec' ;;
                help) list=$verbs ;;
            esac
        fi
    fi
    mapfile -t COMPREPLY < <(compgen -W "$list" -- "$cur")
}

complete -F _podctl podctl
