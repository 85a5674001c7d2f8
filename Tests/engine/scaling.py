"""Efficiency on many workers, by playing the schedule with measured times: how busy N workers are with K clients'
trainings in rounds, and with 20,000 synthetic images.

A model passes the bridge, which takes one after the other, and is then checked and stored by a thread of the driver,
of which there are several; a round's model goes to each worker once. docs/cluster.md has the numbers of a model, and
names what limits it. At the end of a round the driver takes the mean of the hundred models.

    scaling.py training-seconds image-seconds bridge-seconds thread-seconds threads mean-seconds network-MB/s
"""

import heapq
import sys

MODEL_MB = 44.7


def play(pieces, seconds, workers, bridge, thread=0.0, threads=1, arrive=0.0):
    """The time for so many pieces: workers take the next one as soon as they are free; their results pass the bridge
    one after the other, and then one of the driver's threads."""
    free = [arrive] * workers
    heapq.heapify(free)
    ends = []
    for _ in range(pieces):
        end = heapq.heappop(free) + seconds
        ends.append(end)
        heapq.heappush(free, end)
    passed, takers = 0.0, [0.0] * threads
    for end in sorted(ends):
        passed = max(passed, end) + bridge
        heapq.heappush(takers, max(heapq.heappop(takers), passed) + thread)
    return max(takers)


def report(training, drawing, bridge, thread, threads, mean, network):
    print("workers  K=100 trainings  of it rounds' ends  20,000 images")
    for workers in (1, 2, 4, 16, 64):
        # Workers pass the model on to each other: as many rounds of copies as doublings.
        copies = max(1, workers - 1).bit_length() * MODEL_MB / network
        time = play(100, training, workers, bridge, thread, int(threads), copies) + 100 * mean
        # 100 pieces do not divide by 16 or 64: some workers have one more.
        best = play(100, training, workers, 0.0)
        images = play(200, 100 * drawing, workers, 0.01, 0.01, int(threads))
        print(f"{workers:7}  {100 * training / workers / time:15.0%}  {100 * training / workers / best:18.0%}  "
              f"{20_000 * drawing / workers / images:13.0%}")


if __name__ == "__main__":
    report(*map(float, sys.argv[1:8]))
