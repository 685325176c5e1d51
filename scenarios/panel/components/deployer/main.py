"""deployer: generates the config of an init, and replaces children that its state report shows to be in trouble.

A child is replaced by a new version of its start node: for init, that is another child.
"""

from bastide.base import Env, Generator, Node, Rom
from bastide.session.report import Reporter

SERVICES = ("ROM", "CPU", "PD", "LOG", "Timer", "Report")


class Main:
    def __init__(self, env: Env) -> None:
        self.env = env
        self.plan = Node("config")
        self.versions: dict[str, int] = {}
        self.output = Reporter(env, "init.config")
        env.config.watch(self.follow)
        self.state = Rom(env, "state")
        self.state.follow(self.look)

    def follow(self, plan: Node) -> None:
        """The config names the children: what is in a node `child` goes into their start node."""
        self.plan = plan
        self.deploy()

    def look(self, state: Node) -> None:
        replaced = [child.name for child in state.sub_nodes("child") if self.failed(child)]
        for name in replaced:
            self.versions[name] = self.version(name) + 1
            self.env.log(f"replace {name} by version {self.version(name)}")
        if replaced:
            self.deploy()

    def failed(self, child: Node) -> bool:
        """What this init knows as the current version has exited, or reacts no more."""
        current = child.value("version", "") == str(self.version(child.name))
        return current and ("exited" in child.attributes or child.value("skipped_heartbeats", 0) > 2)

    def version(self, name: str) -> int:
        return self.versions.get(name, 1)

    def deploy(self) -> None:
        config = Generator("config")
        config.node("report", delay_ms=50)
        config.node("heartbeat", rate_ms=200)
        services = config.node("parent-provides")
        for name in SERVICES:
            services.node("service", name=name)
        config.node("default-route").node("any-service").node("parent")
        for child in self.plan.sub_nodes("child"):
            start = config.node("start", name=child.name, version=self.version(child.name), ram="2M", caps=100)
            start.node("heartbeat")
            for node in child.sub_nodes():
                start.copy(node)
        self.output.generate(config.build())


construct = Main
