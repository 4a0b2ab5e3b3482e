// SPDX-License-Identifier: Apache-2.0
// Written by hand because its comments are what a client's author reads; a test holds it against the field tables.
#include "spec/control.hpp"

#include <string_view>

namespace spec {

std::string_view control_idl() noexcept {
    return R"(# Pods on one machine.
# Fields with a question mark may be left out. A pod and a manifest are Kubernetes' own JSON (v1.Pod).
interface io.podinit

type Problem (
  # Which of the call's manifests, from 0.
  index: int,
  # JSON pointer into it.
  pointer: string,
  message: string
)

type Outcome (created, configured, unchanged, ignored)

# `resource` is the kind of the object as kubectl prints it: pod, configmap, deployment.apps. `object` comes with a dry run:
# the object as it would be kept.
type AppliedItem (
  resource: string,
  namespace: string,
  name: string,
  outcome: Outcome,
  warnings: []string,
  object: ?object
)

type Rollout (progressing, complete, incomplete, rolledBack)

# An object whose pods are not ready, and have not succeeded.
type Unready (
  resource: string,
  namespace: string,
  name: string,
  why: string
)

type DeleteState (deleting, gone)

type PowerAction (poweroff, reboot, halt, kexec)

# Something of the kernel or the machine that pods may want.
type Feature (
  name: string,
  present: bool,
  detail: string
)

type RejectedManifest (
  file: string,
  problems: []string
)

# Creates objects, or replaces those that changed. All or nothing: the first bad manifest refuses the call.
# What is transient is forgotten at reboot; dryRun validates and compares, and changes nothing.
# With waitSeconds a second reply (it needs `more`), without items, says whether the objects' pods were ready, or had
# succeeded, in that time. With rollback as well, all is put back as it was when they were not, when the client did not stay
# to hear of it, and when the machine goes down in between.
method Apply(
  manifests: []object,
  transient: ?bool,
  dryRun: ?bool,
  waitSeconds: ?int,
  rollback: ?bool
) -> (items: []AppliedItem, rollout: ?Rollout, unready: ?[]Unready)

# Stops a pod, or the pods of another object, with its grace period, or this one, and forgets it. With `more` a second
# reply says when it is gone. Without a resource: a pod.
method Delete(
  resource: ?string,
  namespace: string,
  name: string,
  gracePeriodSeconds: ?int
) -> (state: DeleteState)

# Needs `more`: one reply an object. Without a resource: pods. Without a namespace or a name: all of them.
# The resource "event" lists what has been told of pods, or of the one of that name; with watch it goes on with what is
# told later, in the order in which it is told.
method List(
  resource: ?string,
  namespace: ?string,
  name: ?string,
  watch: ?bool
) -> (object: ?object)

# Runs a process in a container, the first one if none is named, and replies with its exit code (128 + n for signal n).
# File descriptors come with the call: a stream socket for a tty, to which the terminal is sent; otherwise stdin, stdout
# and stderr.
method Exec(
  namespace: string,
  name: string,
  container: ?string,
  command: []string,
  tty: ?bool,
  term: ?string
) -> (exitCode: int)

# Where a container's newest log file is ("" when nothing was written yet), and whether its run is over.
method Logs(
  namespace: string,
  name: string,
  container: ?string,
  previous: ?bool
) -> (path: string, ended: bool)

# Stops one container, or all of a pod's, and starts it again at once.
method Restart(
  namespace: string,
  name: string,
  container: ?string
) -> (containers: []string)

# Sets the condition that a pod's readiness gate waits for to "True", "False" or "Unknown"; "" takes it back.
method SetCondition(
  namespace: string,
  name: string,
  type: string,
  status: string
) -> ()

# What this machine is, what its kernel has and lacks, and which manifests were refused.
method Node() -> (
  hostname: string,
  machineId: string,
  bootId: string,
  kernel: string,
  architecture: string,
  version: string,
  uptimeSeconds: int,
  cpus: int,
  memoryBytes: int,
  pid1: bool,
  pods: int,
  addresses: []string,
  manifestDirectories: []string,
  imageDirectories: []string,
  features: []Feature,
  rejected: []RejectedManifest,
  unconfirmed: ?[]string
)

# What an Apply with rollback has changed stays, whatever comes of its pods; and manifests that were not used in this boot
# because of boots before that failed are used in the next one. Says what it has confirmed.
method Confirm() -> (confirmed: []string)

# Stops all pods and takes the machine down.
method Power(action: PowerAction) -> ()

# podinit becomes another program (a file of root's), or what is now where it was started from. The program is tried
# first, and refused when it could not go on from here. The next call is answered by the program, of this version.
method Reexec(binary: ?string) -> (version: string)

# There is no such pod or container.
error NotFound (what: string, name: string)

# The manifests have errors; nothing was changed.
error Invalid (problems: []Problem)

# podinit will not do it.
error Refused (reason: string)

# podinit tried, and it did not work.
error Failed (reason: string)
)";
}

std::string_view service_idl() noexcept {
    return R"(# What every Varlink service answers.
interface org.varlink.service

# Who provides this service, and its interfaces.
method GetInfo() -> (
  vendor: string,
  product: string,
  version: string,
  url: string,
  interfaces: []string
)

# The definition of one of the interfaces.
method GetInterfaceDescription(interface: string) -> (description: string)

error InterfaceNotFound (interface: string)
error MethodNotFound (method: string)
error MethodNotImplemented (method: string)
error InvalidParameter (parameter: string)
error PermissionDenied ()
error ExpectedMore ()
)";
}

} // namespace spec
