"""The peer of benches/image_search.rs: FAISS IndexBinaryFlat, the exhaustive search that
public hash matchers fall back on.

    python3 -m pip install faiss-cpu
    python3 benches/faiss_flat.py REFERENCES QUERIES RADIUS

Both files hold 32 bytes a hash. Prints one number: the median time of one range search on
one thread, in microseconds.
"""

import sys
import time

import faiss
import numpy


def main():
    references, queries, radius = sys.argv[1], sys.argv[2], int(sys.argv[3])
    faiss.omp_set_num_threads(1)
    index = faiss.IndexBinaryFlat(256)
    index.add(numpy.fromfile(references, dtype=numpy.uint8).reshape(-1, 32))
    times = []
    for query in numpy.fromfile(queries, dtype=numpy.uint8).reshape(-1, 1, 32):
        started = time.perf_counter()
        # FAISS answers distances below the radius, Assay up to it.
        index.range_search(query, radius + 1)
        times.append(time.perf_counter() - started)
    print(f"{numpy.median(times) * 1e6:.1f}")


if __name__ == "__main__":
    main()
