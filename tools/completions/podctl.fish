# SPDX-License-Identifier: Apache-2.0
# fish completion for podctl

function __podctl_pods
    podctl get pods -o name 2>/dev/null | string replace -r '^pod/' ''
end

function __podctl_objects
    set -l words (commandline -opc)
    if test (count $words) -lt 3
        string split ' ' 'all configmaps daemonsets deployments pods secrets statefulsets'
    else
        podctl get $words[3] -o name 2>/dev/null | string replace -r '^[^/]*/' ''
    end
end

function __podctl_verb
    set -l words (commandline -opc)
    contains -- $words[2] $argv
end

complete -c podctl -f
complete -c podctl -s n -l namespace -x -d 'The objects\' namespace'
complete -c podctl -l socket -r -F -d 'podinit\'s socket'
complete -c podctl -s h -l help -d 'Help for a verb'

for verb in apply\t'Create or change objects' check\t'What is wrong with manifests' create\t'Create objects' delete\t'Stop pods, forget objects' \
        describe\t'Show all of an object' diff\t'What apply would change' \
        events\t'What has happened to pods' exec\t'Run a command in a container' explain\t'What fields mean' get\t'Show objects' halt\t'Stand still' help\t'Help for a verb' \
        logs\t'What a container wrote' node\t'What this machine is' poweroff\t'Switch off' reboot\t'Start anew' \
        replace\t'Replace objects' restart\t'Restart containers' set-condition\t'Open or close a readiness gate' version\t'Versions'
    complete -c podctl -n __fish_use_subcommand -a (string split \t -- $verb)[1] -d (string split \t -- $verb)[2]
end

complete -c podctl -n '__podctl_verb get delete describe' -a '(__podctl_objects)'
complete -c podctl -n '__podctl_verb exec logs restart set-condition' -a '(__podctl_pods)'
complete -c podctl -n '__podctl_verb apply check create replace diff delete' -s R -l recursive -d 'Directories too'
complete -c podctl -n '__podctl_verb apply check create replace diff delete' -s f -l filename -r -F -d 'File, directory or -'
complete -c podctl -n '__podctl_verb apply create replace' -l dry-run -x -a 'client server' -d 'Only check'
complete -c podctl -n '__podctl_verb apply create replace' -s o -l output -x -a 'yaml json name' -d 'Format'
complete -c podctl -n '__podctl_verb apply create replace' -l transient -d 'Forget at reboot'
complete -c podctl -n '__podctl_verb apply create replace' -l wait -d 'Until the pods are ready'
complete -c podctl -n '__podctl_verb apply create replace' -x -l timeout -d 'How long to wait'
complete -c podctl -n '__podctl_verb apply create replace' -l rollback -d 'Put all back when they are not'
complete -c podctl -n '__podctl_verb node' -x -a confirm
complete -c podctl -n '__podctl_verb get delete describe' -s l -l selector -x -d 'With these labels'
complete -c podctl -n '__podctl_verb get' -a events -d 'What has happened to pods'
complete -c podctl -n '__podctl_verb events' -l for -x -a '(podctl get pods -o name 2>/dev/null)' -d 'Only of this pod'
complete -c podctl -n '__podctl_verb events' -s w -l watch -d 'Go on'
complete -c podctl -n '__podctl_verb events' -l types -x -a 'Normal Warning' -d 'Only these'
complete -c podctl -n '__podctl_verb events' -s o -l output -x -a 'yaml json' -d 'Format'
complete -c podctl -n '__podctl_verb get events describe' -s A -l all-namespaces -d 'Every namespace'
complete -c podctl -n '__podctl_verb get' -s o -l output -x -a 'wide yaml json name' -d 'Format'
complete -c podctl -n '__podctl_verb get' -l show-labels -d 'One more column'
complete -c podctl -n '__podctl_verb get events' -l no-headers -d 'No first line'
complete -c podctl -n '__podctl_verb delete' -l all -d 'Every one of the namespace'
complete -c podctl -n '__podctl_verb delete' -l grace-period -x -d 'Seconds'
complete -c podctl -n '__podctl_verb delete' -l now -d 'One second'
complete -c podctl -n '__podctl_verb delete' -l force -d 'One second'
complete -c podctl -n '__podctl_verb get delete' -l ignore-not-found -d 'No error'
complete -c podctl -n '__podctl_verb delete' -l wait -x -a 'true false' -d 'Until they are gone'
complete -c podctl -n '__podctl_verb exec logs restart' -s c -l container -x -d 'Container'
complete -c podctl -n '__podctl_verb exec' -s i -l stdin -d 'Pass standard input'
complete -c podctl -n '__podctl_verb exec' -s t -l tty -d 'A terminal'
complete -c podctl -n '__podctl_verb exec' -s q -l quiet -d 'Say nothing more'
complete -c podctl -n '__podctl_verb logs' -s f -l follow -d 'Go on'
complete -c podctl -n '__podctl_verb logs' -s p -l previous -d 'The run before'
complete -c podctl -n '__podctl_verb logs' -l tail -x -d 'Last lines'
complete -c podctl -n '__podctl_verb logs' -l since -x -d 'Not older than'
complete -c podctl -n '__podctl_verb logs' -l since-time -x -d 'Not older than'
complete -c podctl -n '__podctl_verb logs' -l limit-bytes -x -d 'At most'
complete -c podctl -n '__podctl_verb logs' -l timestamps -d 'When each line was written'
complete -c podctl -n '__podctl_verb check' -l boot -d 'For a manifest directory'
complete -c podctl -n '__podctl_verb check' -l config -r -F -d 'A config.json'
complete -c podctl -n '__podctl_verb check' -l images -r -F -d 'An image store'
complete -c podctl -n '__podctl_verb check' -l strict -d 'Warnings count'
complete -c podctl -n '__podctl_verb check' -s o -l output -x -a 'json' -d 'Format'
complete -c podctl -n '__podctl_verb explain' -a 'configmaps daemonsets deployments pods secrets statefulsets'
complete -c podctl -n '__podctl_verb explain' -l recursive -d 'All fields below'
complete -c podctl -n '__podctl_verb explain' -s o -l output -x -a 'plaintext markdown json-schema' -d 'Format'
complete -c podctl -n '__podctl_verb node' -a confirm -d 'What is on trial stays'
complete -c podctl -n '__podctl_verb node' -a reexec -d 'Another podinit in its place'
complete -c podctl -n '__podctl_verb node' -l binary -r -F -d 'Which'
complete -c podctl -n '__podctl_verb reboot' -l kexec -d 'Without the firmware'
complete -c podctl -n '__podctl_verb version' -l client -d 'Only podctl'
