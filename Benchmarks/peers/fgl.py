"""Running fgl-sim on a scenario."""
import os
import subprocess


def run(program, scenario, jobs, place):
    """Runs it in the folder `place`; returns the path of its log."""
    path, log = os.path.join(place, "peers.yaml"), os.path.join(place, "run.sqlite")
    with open(path, "w") as file:
        file.write(scenario)
    subprocess.run([program, "run", path, "--quiet", "--jobs", str(jobs), "--output", log], check=True,
                   stdout=subprocess.DEVNULL)
    return log
