# Debian's python3-kubernetes: typed models, a watch, patches, and exec over a WebSocket.
import sys
import time

from kubernetes import client, config, watch
from kubernetes.stream import stream

config.load_kube_config()
core = client.CoreV1Api()
apps = client.AppsV1Api()

made = core.create_namespaced_config_map(
    "default", client.V1ConfigMap(metadata=client.V1ObjectMeta(name="typed"), data={"a": "1"}))
assert made.metadata.uid and made.data == {"a": "1"}, made

core.patch_namespaced_config_map("typed", "default", {"data": {"b": "2"}})
core.delete_namespaced_config_map("typed", "default")
seen = []
for event in watch.Watch().stream(core.list_namespaced_config_map, "default", timeout_seconds=20,
                                  resource_version=made.metadata.resource_version,
                                  field_selector="metadata.name=typed"):
    assert isinstance(event["object"], client.V1ConfigMap), event
    seen.append((event["type"], sorted((event["object"].data or {}).keys())))
    if event["type"] == "DELETED":
        break
assert seen == [("MODIFIED", ["a", "b"]), ("DELETED", ["a", "b"])], seen

apps.create_namespaced_deployment("default", client.V1Deployment(
    metadata=client.V1ObjectMeta(name="typed"),
    spec=client.V1DeploymentSpec(
        replicas=0, selector=client.V1LabelSelector(match_labels={"app": "typed"}),
        template=client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels={"app": "typed"}),
            spec=client.V1PodSpec(containers=[client.V1Container(name="c", image="busybox")])))))
assert apps.read_namespaced_deployment("typed", "default").spec.strategy.type == "RollingUpdate"
apps.delete_namespaced_deployment("typed", "default")

try:
    core.read_namespaced_config_map("typed", "default")
    sys.exit("a deleted config map was read")
except client.ApiException as gone:
    assert gone.status == 404, gone

core.create_namespaced_pod("default", client.V1Pod(
    metadata=client.V1ObjectMeta(name="typed"),
    spec=client.V1PodSpec(node_name="n1", termination_grace_period_seconds=0, containers=[
        client.V1Container(name="c", image="busybox", command=["sleep", "1000"])])))
until = time.time() + 60
while core.read_namespaced_pod("typed", "default").status.phase != "Running":
    assert time.time() < until, core.read_namespaced_pod("typed", "default").status
    time.sleep(0.2)
said = stream(core.connect_get_namespaced_pod_exec, "typed", "default",
              command=["sh", "-c", "echo out; echo err >&2"], stderr=True, stdin=False, stdout=True,
              tty=False)
assert "out" in said and "err" in said, said
core.delete_namespaced_pod("typed", "default")
