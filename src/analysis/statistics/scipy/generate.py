# Writes the tables beside it, which the tests of the statistics compare with.
# pip install scipy==1.17.1 numpy statsmodels==0.15.0; python generate.py
import os

import numpy
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

d = os.path.dirname(os.path.abspath(__file__)) + "/"


def number(x):
    r = repr(float(x))
    return r if ("." in r or "e" in r) else r + ".0"


def write(name, rows, how):
    with open(d + name, "w") as o:
        o.write("// " + how + "\n[\n")
        o.writelines("    " + r + ",\n" for r in rows)
        o.write("]\n")


write(
    "beta_cdf.in",
    [
        f"({number(a)}, {number(b)}, {number(x)}, {number(stats.beta.cdf(x,a,b))})"
        for a, b, x in [
            (0.5, 0.5, 0.3),
            (2.5, 7.5, 0.1),
            (2.5, 7.5, 0.6),
            (30.5, 970.5, 0.02),
            (30.5, 970.5, 0.05),
            (1000.5, 99000.5, 0.0105),
            (5000.5, 5000.5, 0.49),
            (1e6, 3e6, 0.2501),
            (0.5, 100.5, 0.001),
            (200.5, 0.5, 0.99),
        ]
    ],
    "scipy.stats.beta.cdf(x, a, b) as (a, b, x, value)",
)
write(
    "beta_ppf.in",
    [
        f"({number(a)}, {number(b)}, {number(p)}, {number(stats.beta.ppf(p,a,b))})"
        for a, b, p in [
            (0.5, 0.5, 0.025),
            (1.5, 29.5, 0.025),
            (1.5, 29.5, 0.975),
            (3.5, 97.5, 0.025),
            (3.5, 97.5, 0.975),
            (30.5, 970.5, 0.5),
            (0.5, 0.5, 0.975),
            (12.5, 3.5, 0.05),
            (1000.5, 99000.5, 0.975),
        ]
    ],
    "scipy.stats.beta.ppf(p, a, b) as (a, b, p, value)",
)
write(
    "normal_sf.in",
    [f"({number(z)}, {number(stats.norm.sf(z))})" for z in [-3, -0.5, 0, 1, 1.959963984540054, 5, 12]],
    "scipy.stats.norm.sf(z) as (z, value)",
)
write(
    "student_two_sided.in",
    [
        f"({number(t)}, {number(v)}, {number(2*stats.t.sf(abs(t),v))})"
        for t, v in [(0.5, 3), (-2.1, 7.3), (4.4, 48), (9, 12), (25, 198.7), (0, 5)]
    ],
    "2 * scipy.stats.t.sf(abs(t), freedom) as (t, freedom, value)",
)
rows = []
for x, n in [(0, 1), (1, 1), (0, 10), (3, 10), (10, 10), (95, 100), (1, 1000), (9999, 10000), (123456, 1000000)]:
    out = []
    for m in ("wilson", "jeffreys"):
        lo, hi = proportion_confint(x, n, method=m)
        lo = 0.0 if x == 0 else lo
        hi = 1.0 if x == n else hi
        out.append(f"({number(lo)}, {number(hi)})")
    rows.append(f"({x}, {n}, {out[0]}, {out[1]})")
write("intervals.in", rows, "(part, whole, (wilson low, high), (jeffreys low, high))")
write(
    "fisher.in",
    [
        f"({x}, {n}, {y}, {m}, {number(stats.fisher_exact([[x,n-x],[y,m-y]],alternative='greater')[1])})"
        for x, n, y, m in [
            (3, 10, 0, 100),
            (5, 20, 1, 200),
            (1, 5, 1, 5),
            (8, 10, 1, 12),
            (0, 10, 5, 10),
            (30, 1000, 10, 1000),
            (500, 10000, 400, 10000),
            (10, 10, 0, 10),
            (2, 2, 0, 30),
            (4, 4, 3, 4),
        ]
    ],
    "scipy.stats.fisher_exact([[x, n - x], [y, m - y]], alternative='greater') as (x, n, y, m, p)",
)
rng = numpy.random.default_rng(1)
mann_whitney_rows = []
t_test_rows = []


def array(a):
    return "&[" + ", ".join(number(v) for v in a) + "][..]"


for b, t in [
    ([1.1, 2.2, 3.3, 4.4], [5.5, 6.6, 7.7, 8.8]),
    ([1.0, 3, 5, 7, 9], [2.0, 4, 6]),
    (list(numpy.round(rng.lognormal(0, 0.3, 12), 6)), list(numpy.round(rng.lognormal(0.3, 0.3, 15), 6))),
    (list(numpy.round(rng.normal(5, 1, 20), 0)), list(numpy.round(rng.normal(6, 1, 18), 0))),
    (list(numpy.round(rng.lognormal(0, 0.3, 3), 6)), list(numpy.round(rng.lognormal(0.3, 0.3, 40), 6))),
    ([1.0, 1, 2, 2], [2.0, 2, 3]),
]:
    r = stats.mannwhitneyu(t, b)
    mann_whitney_rows.append(f"({array(b)}, {array(t)}, {number(r.statistic)}, {number(r.pvalue)})")
    t_test_rows.append(f"({array(b)}, {array(t)}, {number(stats.ttest_ind(b,t).pvalue)})")
write("mann_whitney.in", mann_whitney_rows, "scipy.stats.mannwhitneyu(target, base) as (base, target, U, p)")
write("t_test.in", t_test_rows, "scipy.stats.ttest_ind(left, right) as (left, right, p)")
print(
    stats.false_discovery_control([0.01, 0.02, 0.03, 0.04, 0.5, 0.001]),
    numpy.quantile([1, 2, 4, 8, 16, 32], [0.5, 0.95]),
)
