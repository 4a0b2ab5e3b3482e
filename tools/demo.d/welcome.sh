# SPDX-License-Identifier: Apache-2.0
# What the demo's console shows before its first prompt: the page's pod, applied and running.
if [ ! -e /run/welcomed ]; then
    : > /run/welcomed
    echo '$ podctl apply -f pod-use-hostnetwork.yaml'
    podctl apply -f pod-use-hostnetwork.yaml
    for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        podctl get pods pod-use-hostnetwork 2> /dev/null | grep -q ' Running ' && [ -s /run/resolv.conf ] && break
        sleep 0.5
    done
    unset try
    echo '$ podctl get pods -o wide'
    podctl get pods -o wide
    cat << 'END'

This is the appliance's console. Try:
  podctl exec -it pod-use-hostnetwork -- sh     and in it: ifconfig
  podctl apply -f pod-private.yaml              and then: podctl exec pod-private -- ifconfig
  podctl describe pod pod-use-hostnetwork
  podctl --help
  podctl poweroff
END
fi
