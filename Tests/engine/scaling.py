"""Efficiency on many workers, by playing the schedule with measured times: how busy N workers are with K clients'
trainings in rounds, and with 20,000 synthetic images.

The driver takes results one after the other; a model goes to each worker once a round. The numbers of a piece of
work come from overhead.py and docs/cluster.md names what limits it.

    scaling.py training-seconds image-seconds driver-seconds-per-model network-MB/s
"""

import heapq
import sys

MODEL_MB = 44.7


def play(pieces, seconds, workers, driver, arrive=0.0):
    """The time for so many pieces: workers take the next one as soon as they are free; their results are taken by
    the driver one after the other."""
    free = [arrive] * workers
    heapq.heapify(free)
    ends = []
    for _ in range(pieces):
        end = heapq.heappop(free) + seconds
        ends.append(end)
        heapq.heappush(free, end)
    driven = 0.0
    for end in sorted(ends):
        driven = max(driven, end) + driver
    return driven


def report(training, drawing, driver, network):
    print("workers  K=100 trainings  of it rounds' ends  20,000 images")
    for workers in (1, 2, 4, 16, 64):
        # Workers pass the model on to each other: as many rounds of copies as doublings.
        copies = max(1, workers - 1).bit_length() * MODEL_MB / network
        time = play(100, training, workers, driver, copies)
        # 100 pieces do not divide by 16 or 64: some workers have one more.
        best = play(100, training, workers, 0.0)
        images = play(200, 100 * drawing, workers, 0.01)
        print(f"{workers:7}  {100 * training / workers / time:15.0%}  {100 * training / workers / best:18.0%}  "
              f"{20_000 * drawing / workers / images:13.0%}")


if __name__ == "__main__":
    report(*map(float, sys.argv[1:5]))
