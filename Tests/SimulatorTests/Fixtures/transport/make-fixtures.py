"""Writes the fixtures of this folder: completion times of SimGrid's LV08 and CM02 network models.

Made with SimGrid 3.32 (Debian's python3-simgrid; `pip install simgrid` builds it where Boost and CMake are installed).
Usage: make-fixtures.py [FOLDER]

Each case is a star: a link in each direction at every client and at the server, the client's latency on the
client's link. Cross traffic is off, because it couples the two directions of a link, which the star does not.
Latencies are above zero: SimGrid gives flows without latency a share of their own.
"""
import json
import multiprocessing
import random
import sys


def simulate(case, queue):
    import simgrid

    engine = simgrid.Engine(
        ["x", f"--cfg=network/model:{case['transport'].upper()}", "--cfg=network/crosstraffic:0",
         "--cfg=maxmin/precision:1e-9", "--cfg=surf/precision:1e-12",
         "--log=root.threshold:warning"])
    zone = simgrid.NetZone.create_full_zone("star")
    up = lambda name, rate, latency: zone.create_link(name, rate).set_latency(latency).seal()
    server = zone.create_host("server", 1e9)
    server_up = up("server-up", case["server"]["uplink_Bps"], 0)
    server_down = up("server-down", case["server"]["downlink_Bps"], 0)
    hosts = []
    for index, client in enumerate(case["clients"]):
        host = zone.create_host(f"client-{index}", 1e9)
        hosts.append(host)
        sending = up(f"up-{index}", client["uplink_Bps"], client["latency_s"])
        receiving = up(f"down-{index}", client["downlink_Bps"], client["latency_s"])
        zone.add_route(host.netpoint, server.netpoint, None, None,
                       [simgrid.LinkInRoute(sending), simgrid.LinkInRoute(server_down)], False)
        zone.add_route(server.netpoint, host.netpoint, None, None,
                       [simgrid.LinkInRoute(server_up), simgrid.LinkInRoute(receiving)], False)
    zone.seal()
    ends = {}

    def send(flow):
        simgrid.this_actor.sleep_until(flow["start_s"])
        simgrid.Mailbox.by_name(str(flow["id"])).put("x", flow["bytes"])

    def receive(flow):
        simgrid.Mailbox.by_name(str(flow["id"])).get()
        ends[flow["id"]] = simgrid.Engine.clock

    for flow in case["flows"]:
        client = hosts[flow["client"]]
        source, sink = (client, server) if flow["direction"] == "up" else (server, client)
        simgrid.Actor.create(f"s{flow['id']}", source, send, flow)
        simgrid.Actor.create(f"r{flow['id']}", sink, receive, flow)
    engine.run()
    queue.put(ends)


def draw(model, seed, clients, flows):
    stream = random.Random(seed)
    rate = lambda median: round(median * stream.lognormvariate(0, 1), 3)
    case = {
        "transport": model,
        "server": {"uplink_Bps": rate(2e6 * clients), "downlink_Bps": rate(1e6 * clients)},
        "clients": [{"uplink_Bps": rate(2.5e6), "downlink_Bps": rate(1.25e7),
                     "latency_s": round(stream.uniform(0.001, 0.2), 4)} for _ in range(clients)],
        "flows": [],
    }
    for number in range(flows):
        case["flows"].append({
            "id": number, "client": stream.randrange(clients),
            "direction": stream.choice(["up", "down"]), "start_s": round(stream.uniform(0, 10), 3),
            "bytes": stream.choice([200, 20_000, 1_000_000, 44_765_128])})
    return case


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else "."
    for model in ("lv08", "cm02"):
        for seed, clients, flows in ((1, 1, 1), (2, 3, 8), (3, 10, 40), (4, 30, 60)):
            case = draw(model, seed, clients, flows)
            queue = multiprocessing.Queue()
            process = multiprocessing.Process(target=simulate, args=(case, queue))
            process.start()
            ends = queue.get(timeout=120)
            process.join()
            for flow in case["flows"]:
                flow["end_s"] = ends[flow["id"]]
            with open(f"{folder}/{model}-{clients}-clients-{flows}-flows.json", "w") as file:
                file.write(json.dumps(case, indent=0) + "\n")


main()
