"""Draw the actions in your audit log as a picture: for each key name, or for each program.

    pip install ./python polars matplotlib
    HEX_API_KEY=... python chart.py [--by key|program] chart.png

By key: how often a key of each name was created and revoked. The log does not contain which key was
used for an action. By program: the actions of each `User-Agent`.
"""

from __future__ import annotations

import argparse
import sys

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.ticker import MaxNLocator

import aura_users

MOST_BARS = 30


def count(logs: pl.DataFrame, by: str) -> pl.DataFrame:
    """Count each action. The table has a row for each `who`, the busiest first."""
    if by == "key":
        logs = logs.filter(pl.col("action").str.starts_with("key."))
        who = pl.col("params").str.json_path_match("$.name")
    else:
        who = pl.col("user_agent").replace("", None)
    counts = logs.group_by(who.fill_null("(not named)").alias("who"), "action").len()
    busiest = counts.group_by("who").agg(pl.col("len").sum().alias("all"))
    busiest = busiest.sort("all", "who", descending=[True, False]).select("who")
    table = counts.pivot("action", index="who", values="len").fill_null(0)
    return busiest.join(table, on="who", maintain_order="left")


def draw(table: pl.DataFrame, by: str, file: str) -> None:
    """Draw a bar for each row, with a part for each action."""
    plt.rcParams["text.parse_math"] = False  # a name may have dollar signs
    table = table.head(MOST_BARS).reverse()
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.3 * len(table)), layout="constrained")
    ends = [0] * len(table)
    for action in sorted(set(table.columns) - {"who"}):
        lengths = table[action].to_list()
        axes.barh(table["who"].to_list(), lengths, left=ends, label=action)
        ends = [end + length for end, length in zip(ends, lengths, strict=True)]
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_title(f"Actions per {by}")
    axes.legend()
    figure.savefig(file)


def main() -> int:
    """Run the program and return its exit status."""
    parser = argparse.ArgumentParser(description="Draw your audit log.")
    parser.add_argument("--by", choices=["key", "program"], default="key")
    parser.add_argument("file", help="the picture: chart.png, chart.svg, chart.pdf")
    arguments = parser.parse_args()
    try:
        with aura_users.Client(user_agent="chart-example/1.0") as client:
            logs = pl.DataFrame(client.stream_audit_logs())
    # polars raises an error of its own, with the text of ours.
    except (aura_users.AuraError, pl.exceptions.PolarsError) as error:
        print(f"chart: {error}", file=sys.stderr)
        return 1
    table = count(logs, arguments.by)
    if table.is_empty():
        print("chart: the log has nothing to draw", file=sys.stderr)
        return 1
    try:
        draw(table, arguments.by, arguments.file)
    except (OSError, ValueError) as error:  # such as an unknown ending of the file's name
        print(f"chart: {error}", file=sys.stderr)
        return 1
    bars = min(len(table), MOST_BARS)
    print(f"{len(logs)} rows of the log, {bars} bars, {arguments.file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
