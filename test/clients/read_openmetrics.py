"""Reads an exposition on standard input with the parsers of prometheus-client; prints families and samples as JSON.

usage: read_openmetrics.py openmetrics|text
"""
import json
import sys

from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client import parser as text

parse = {"openmetrics": openmetrics, "text": text}[sys.argv[1]].text_string_to_metric_families
families = [
    {
        "name": family.name,
        "type": family.type,
        "unit": family.unit,
        "help": family.documentation,
        "samples": [
            {
                "name": sample.name,
                "labels": sample.labels,
                "value": sample.value,
                "seconds": None if sample.timestamp is None else float(sample.timestamp),
            }
            for sample in family.samples
        ],
    }
    for family in parse(sys.stdin.buffer.read().decode("utf-8"))
]
json.dump(families, sys.stdout)
