# SPDX-License-Identifier: Apache-2.0
# fish completion for podctl

function __podctl_pods
    podctl get pods -o name 2>/dev/null | string replace -r '^pod/' ''
end

function __podctl_verb
    set -l words (commandline -opc)
    contains -- $words[2] $argv
end

complete -c podctl -f
complete -c podctl -s n -l namespace -x -d 'The pods\' namespace'
complete -c podctl -l socket -r -F -d 'podinit\'s socket'
complete -c podctl -s h -l help -d 'Help for a verb'

for verb in apply\t'Create or change pods' delete\t'Stop pods and forget them' describe\t'Show all of a pod' \
        exec\t'Run a command in a container' get\t'Show pods' halt\t'Stand still' help\t'Help for a verb' \
        logs\t'What a container wrote' node\t'What this machine is' poweroff\t'Switch off' reboot\t'Start anew' \
        restart\t'Restart containers' version\t'Versions'
    complete -c podctl -n __fish_use_subcommand -a (string split \t -- $verb)[1] -d (string split \t -- $verb)[2]
end

complete -c podctl -n '__podctl_verb get delete describe' -a 'pods pod'
complete -c podctl -n '__podctl_verb get delete describe exec logs restart' -a '(__podctl_pods)'
complete -c podctl -n '__podctl_verb apply delete' -s f -l filename -r -F -d 'File, directory or -'
complete -c podctl -n '__podctl_verb apply' -l dry-run -x -a 'client server' -d 'Only check'
complete -c podctl -n '__podctl_verb apply' -l transient -d 'Forget at reboot'
complete -c podctl -n '__podctl_verb get delete describe' -s l -l selector -x -d 'Pods with these labels'
complete -c podctl -n '__podctl_verb get describe' -s A -l all-namespaces -d 'Every namespace'
complete -c podctl -n '__podctl_verb get' -s o -l output -x -a 'wide yaml json name' -d 'Format'
complete -c podctl -n '__podctl_verb get' -l show-labels -d 'One more column'
complete -c podctl -n '__podctl_verb get' -l no-headers -d 'No first line'
complete -c podctl -n '__podctl_verb delete' -l all -d 'Every pod of the namespace'
complete -c podctl -n '__podctl_verb delete' -l grace-period -x -d 'Seconds'
complete -c podctl -n '__podctl_verb delete' -l now -d 'One second'
complete -c podctl -n '__podctl_verb delete' -l force -d 'One second'
complete -c podctl -n '__podctl_verb delete' -l ignore-not-found -d 'No error'
complete -c podctl -n '__podctl_verb delete' -l wait -x -a 'true false' -d 'Until they are gone'
complete -c podctl -n '__podctl_verb exec logs restart' -s c -l container -x -d 'Container'
complete -c podctl -n '__podctl_verb exec' -s i -l stdin -d 'Pass standard input'
complete -c podctl -n '__podctl_verb exec' -s t -l tty -d 'A terminal'
complete -c podctl -n '__podctl_verb exec' -s q -l quiet -d 'Say nothing more'
complete -c podctl -n '__podctl_verb logs' -s f -l follow -d 'Go on'
complete -c podctl -n '__podctl_verb logs' -s p -l previous -d 'The run before'
complete -c podctl -n '__podctl_verb logs' -l tail -x -d 'Last lines'
complete -c podctl -n '__podctl_verb logs' -l timestamps -d 'When each line was written'
complete -c podctl -n '__podctl_verb reboot' -l kexec -d 'Without the firmware'
complete -c podctl -n '__podctl_verb version' -l client -d 'Only podctl'
