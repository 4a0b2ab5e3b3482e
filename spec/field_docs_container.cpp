// SPDX-License-Identifier: Apache-2.0
// Containers: what they run, with which environment, limits, probes and rights.
#include "spec/field_docs.hpp"

namespace spec {

namespace {

constexpr FieldDoc container[] = {
    {"args",
     "Arguments of the command, instead of the image's CMD. $(NAME) is replaced by the environment variable; "
     "$$(NAME) stays as $(NAME).",
     "the image's CMD"},
    {"command",
     "The program and its first arguments, instead of the image's ENTRYPOINT. No shell looks at it. $(NAME) is "
     "replaced as in args.",
     "the image's ENTRYPOINT"},
    {"env", "Environment variables. A later one may refer to those before it as $(NAME)."},
    {"envFrom", "ConfigMaps and Secrets of which every key becomes an environment variable. env wins over them."},
    {"image", "The name of an image in the machine's image store, with its tag, or host: the machine's own root file "
              "system."},
    {"imagePullPolicy",
     "When a cluster's node fetches the image. Nothing is ever pulled here: the image must be in the "
     "store, whatever this says.",
     "Always when the image's tag is latest or missing, else IfNotPresent"},
    {"lifecycle", "What is done right after the container's start and right before its end."},
    {"livenessProbe", "Asks again and again whether the container still works. When it does not, it is restarted."},
    {"name", "The container's name, unique in the pod: letters in lower case, digits and '-', at most 63."},
    {"ports",
     "Ports that the container listens on. They tell people and probes; without hostNetwork nothing is opened or "
     "closed by them."},
    {"readinessProbe",
     "Asks again and again whether the container can serve now. While it cannot, the pod is not ready."},
    {"resizePolicy", "What happens when the container's resources are changed while it runs."},
    {"resources", "What the container may use at most (limits) and what is set aside for it (requests)."},
    {"restartPolicy", "Whether this container is started again when it has ended, instead of the pod's restartPolicy. "
                      "Always makes an init container a sidecar."},
    {"restartPolicyRules",
     "What happens at certain exit codes, before restartPolicy is asked. The first rule that fits "
     "counts."},
    {"securityContext", "The user, the capabilities and the confinement of this container; wins over the pod's."},
    {"startupProbe",
     "Asks whether the container has come up. The other probes wait for it; when it fails the container is "
     "restarted."},
    {"stdin", "Whether the container's standard input stays open instead of being empty.", "false"},
    {"stdinOnce", "Whether standard input is closed for good when the first client has gone.", "false"},
    {"terminationMessagePath",
     "A file in the container. What it holds at the container's end is shown as the reason. Image \"host\" in the "
     "machine's own namespaces alone has none at the default path.",
     "/dev/termination-log"},
    {"terminationMessagePolicy",
     "Whether the end of the log is taken when that file is empty and the container has "
     "failed.",
     "File"},
    {"tty", "Whether the container's standard streams are a terminal. Needs stdin.", "false"},
    {"volumeDevices", "Block devices that are given to the container.", {}, "[]VolumeDevice"},
    {"volumeMounts", "Which of the pod's volumes are mounted in the container, and where."},
    {"workingDir", "The directory that the command starts in.", "the image's"},
};

constexpr FieldDoc container_port[] = {
    {"containerPort", "The port's number, 1 to 65535."},
    {"hostIP", "The address of the machine that hostPort is bound to."},
    {"hostPort",
     "The port of the machine that leads to this one. With hostNetwork it must be the same as containerPort.",
     "containerPort, with hostNetwork"},
    {"name", "A name that probes may refer to: at most 15 letters in lower case, digits and '-', with a letter in it."},
    {"protocol", "The protocol.", "TCP"},
};

constexpr FieldDoc env_var[] = {
    {"name", "The variable's name."},
    {"value",
     "Its value. $(NAME) is replaced by a variable that comes before it; one that does not exist stays as it is "
     "written.",
     "\"\""},
    {"valueFrom", "Where the value comes from, instead of value."},
};

constexpr FieldDoc env_var_source[] = {
    {"configMapKeyRef", "A key of a ConfigMap in the pod's namespace."},
    {"fieldRef", "A field of the pod: metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], "
                 "metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.hostIP, status.hostIPs, "
                 "status.podIP or status.podIPs."},
    {"fileKeyRef", "A key in a file of NAME=value lines, in an emptyDir volume."},
    {"resourceFieldRef", "A limit or request of a container of the pod."},
    {"secretKeyRef", "A key of a Secret in the pod's namespace."},
};

constexpr FieldDoc env_from_source[] = {
    {"configMapRef", "The ConfigMap."},
    {"prefix", "Put before the name of each variable."},
    {"secretRef", "The Secret."},
};

constexpr FieldDoc object_reference[] = {
    {"name", "The name of the object, in the pod's namespace."},
    {"optional", "Whether the container starts when the object is not there.", "false"},
};

constexpr FieldDoc key_selector[] = {
    {"key", "The key in the object's data."},
    {"name", "The name of the object, in the pod's namespace."},
    {"optional", "Whether the container starts, without the variable, when the object or the key is not there.",
     "false"},
};

constexpr FieldDoc file_key_selector[] = {
    {"key", "The variable's name in the file."},
    {"optional", "Whether the container starts when the key is not there.", "false"},
    {"path", "The file, relative to the volume."},
    {"volumeName", "The name of the volume."},
};

constexpr FieldDoc object_field_selector[] = {
    {"apiVersion", "The version that fieldPath is written in.", "v1"},
    {"fieldPath", "The path of the field, such as metadata.name."},
};

constexpr FieldDoc resource_field_selector[] = {
    {"containerName", "Whose resources. In env it may be left out.", "the container itself, in env"},
    {"divisor", "The unit of the value: 1Mi gives mebibytes. The value is rounded up.", "1"},
    {"resource", "limits.cpu, limits.memory, requests.cpu, requests.memory, and so on."},
};

constexpr FieldDoc volume_mount[] = {
    {"bindMountOptions", "More options of the mount.", {}, "[]string"},
    {"mountPath", "Where in the container."},
    {"mountPropagation",
     "Whether mounts that are made later below the volume are seen on the other side: None, "
     "HostToContainer, or Bidirectional (privileged containers only).",
     "None"},
    {"name", "The name of the volume."},
    {"readOnly", "Whether the container can only read it.", "false"},
    {"recursiveReadOnly", "Whether mounts below the volume are made read-only too. Needs readOnly.", "Disabled"},
    {"subPath", "A file or directory of the volume that is mounted instead of its root."},
    {"subPathExpr", "As subPath, with $(NAME) replaced from the container's environment."},
};

constexpr FieldDoc resource_requirements[] = {
    {"claims", "Devices of the pod's resourceClaims that the container uses.", {}, "[]ResourceClaim"},
    {"limits", "The most that may be used, by resource: cpu, memory, ephemeral-storage, hugepages-SIZE."},
    {"requests", "What is set aside, by resource.", "the limit, for each resource that has one"},
};

constexpr FieldDoc resize_policy[] = {
    {"resourceName", "cpu or memory."},
    {"restartPolicy", "NotRequired, or RestartContainer."},
};

constexpr FieldDoc probe[] = {
    {"exec", "Runs a command in the container; exit code 0 is success."},
    {"failureThreshold", "How many failures in a row count as one.", "3"},
    {"grpc", "Calls the gRPC health service on a port."},
    {"httpGet", "Makes an HTTP request; a status of 200 to 399 is success."},
    {"initialDelaySeconds", "Seconds from the container's start to the first probe.", "0"},
    {"periodSeconds", "Seconds from one probe to the next.", "10"},
    {"successThreshold", "How many successes in a row end a failure. 1 for liveness and startup probes.", "1"},
    {"tcpSocket", "Opens a TCP connection."},
    {"terminationGracePeriodSeconds", "How long the container has to end when this probe stops it.", "the pod's"},
    {"timeoutSeconds", "Seconds after which a probe has failed.", "1"},
};

constexpr FieldDoc exec_action[] = {
    {"command", "The program and its arguments. No shell looks at it."},
};

constexpr FieldDoc http_get_action[] = {
    {"host", "The host to connect to.", "the pod's address"},
    {"httpHeaders", "Headers of the request."},
    {"path", "The path of the request.", "/"},
    {"port", "The port, by number or by its name among the container's ports."},
    {"protocol", "The version of HTTP.", {}, "string"},
    {"scheme", "HTTP or HTTPS. Certificates are not verified.", "HTTP"},
};

constexpr FieldDoc http_header[] = {
    {"name", "The header's name."},
    {"value", "The header's value."},
};

constexpr FieldDoc tcp_socket_action[] = {
    {"host", "The host to connect to.", "the pod's address"},
    {"port", "The port, by number or by its name among the container's ports."},
};

constexpr FieldDoc grpc_action[] = {
    {"mode", "Whether the connection is encrypted.", {}, "string"},
    {"port", "The port's number."},
    {"service", "The service that is asked for.", "\"\""},
};

constexpr FieldDoc sleep_action[] = {
    {"seconds", "How long."},
};

constexpr FieldDoc lifecycle[] = {
    {"postStart", "Done right after the container's start. When it fails, the container is restarted."},
    {"preStop", "Done before the stop signal is sent. Its time counts as part of the grace period."},
    {"stopSignal", "The signal that asks the container to end, such as SIGUSR1. Needs spec.os.name.",
     "the image's, else SIGTERM"},
};

constexpr FieldDoc lifecycle_handler[] = {
    {"exec", "Runs a command in the container."},
    {"httpGet", "Makes an HTTP request."},
    {"sleep", "Waits."},
    {"tcpSocket", "Opens a TCP connection. It has never worked in any version of Kubernetes."},
};

constexpr FieldDoc restart_rule[] = {
    {"action", "Restart (this container), or RestartAllContainers."},
    {"exitCodes", "The exit codes that the rule is for."},
};

constexpr FieldDoc restart_rule_exit_codes[] = {
    {"operator", "In: one of values. NotIn: none of them."},
    {"values", "Exit codes, at most 255 of them."},
};

constexpr FieldDoc security_context[] = {
    {"allowPrivilegeEscalation",
     "False: no process of the container can gain rights that its parent does not have "
     "(no_new_privs).",
     "true"},
    {"appArmorProfile", "The AppArmor profile of the container."},
    {"capabilities", "Capabilities that are added to the usual fourteen, or taken from them."},
    {"privileged", "Whether the container has all capabilities, all devices and no confinement.", "false"},
    {"procMount", "Whether parts of /proc are hidden or read-only (Default), or all of it is as it is (Unmasked).",
     "Default"},
    {"readOnlyRootFilesystem", "Whether the container's root file system is mounted read-only.", "false"},
    {"runAsGroup", "The group id of the container's processes.", "the pod's, else the image's"},
    {"runAsNonRoot", "True: the container is not started if it would run as user 0.", "the pod's"},
    {"runAsUser", "The user id of the container's processes.", "the pod's, else the image's"},
    {"seLinuxOptions", "The SELinux label of the container."},
    {"seccompProfile", "The system calls that the container may make."},
    {"windowsOptions", "Settings of containers on Windows.", {}, "WindowsSecurityContextOptions"},
};

constexpr FieldDoc capabilities[] = {
    {"add", "Capabilities to add, without CAP_: NET_ADMIN. ALL is every one."},
    {"drop", "Capabilities to take away, without CAP_. ALL is every one."},
};

constexpr FieldDoc security_profile[] = {
    {"localhostProfile", "The name of a profile that lies on the machine. For type Localhost."},
    {"type", "Unconfined, RuntimeDefault (the usual one), or Localhost."},
};

constexpr FieldDoc selinux_options[] = {
    {"level", "The level of the label."},
    {"role", "The role of the label."},
    {"type", "The type of the label."},
    {"user", "The user of the label."},
};

constexpr TypeDoc types[] = {
    {"Container", "A program that runs from an image.", container},
    {"ContainerPort", "A port that a container listens on.", container_port},
    {"EnvVar", "An environment variable.", env_var},
    {"EnvVarSource", "Where an environment variable's value comes from: exactly one of these.", env_var_source},
    {"EnvFromSource", "An object whose keys become environment variables: exactly one reference.", env_from_source},
    {"ConfigMapEnvSource", "A ConfigMap whose keys become environment variables.", object_reference},
    {"SecretEnvSource", "A Secret whose keys become environment variables.", object_reference},
    {"ConfigMapKeySelector", "A key of a ConfigMap.", key_selector},
    {"SecretKeySelector", "A key of a Secret.", key_selector},
    {"FileKeySelector", "A key in a file.", file_key_selector},
    {"ObjectFieldSelector", "A field of the pod.", object_field_selector},
    {"ResourceFieldSelector", "A limit or request of a container.", resource_field_selector},
    {"VolumeMount", "A volume, seen from a container.", volume_mount},
    {"ResourceRequirements", "Limits and requests. Quantities are written as 500m, 2, 64Mi or 1e9.",
     resource_requirements},
    {"ContainerResizePolicy", "What a change of a resource does to a container that runs.", resize_policy},
    {"Probe", "How to ask, how often, and how many answers count. Exactly one of exec, httpGet, tcpSocket and grpc.",
     probe},
    {"ExecAction", "A command that runs in the container.", exec_action},
    {"HTTPGetAction", "An HTTP request.", http_get_action},
    {"HTTPHeader", "A header of an HTTP request.", http_header},
    {"TCPSocketAction", "A TCP connection.", tcp_socket_action},
    {"GRPCAction", "A call of the gRPC health service.", grpc_action},
    {"SleepAction", "A pause.", sleep_action},
    {"Lifecycle", "What is done at the container's start and end.", lifecycle},
    {"LifecycleHandler", "What is done: exactly one of these.", lifecycle_handler},
    {"ContainerRestartRule", "What happens at certain exit codes.", restart_rule},
    {"ContainerRestartRuleOnExitCodes", "A set of exit codes.", restart_rule_exit_codes},
    {"SecurityContext", "The user, the capabilities and the confinement of a container.", security_context},
    {"Capabilities", "Changes to a container's capabilities.", capabilities},
    {"SeccompProfile", "A set of system calls.", security_profile},
    {"AppArmorProfile", "An AppArmor profile.", security_profile},
    {"SELinuxOptions", "An SELinux label.", selinux_options},
};

} // namespace

const std::span<const TypeDoc> container_docs = types;

} // namespace spec
