"""graphrisk every night, by Airflow 3: copy to the DAGs folder and change paths.

It needs `apache-airflow-providers-standard`. A scan is told the end of the interval as `--as-of`, so that a day that is
run again gives what it gave. A scan that raised alerts exits with 3, which is success here: its webhook tells of them.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

BIN = "/opt/graphrisk/bin/graphrisk"
CONFIG = "/etc/graphrisk/scan.toml"
STORE = "/var/lib/graphrisk/store"

with DAG(
    dag_id="graphrisk",
    schedule="15 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,  # one scan at a time: a store has one writer
    default_args={
        "retries": 2,  # a scan that was killed goes on where it was
        "retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(hours=6),
        "env": {"GRAPHRISK_STORE": STORE, "GRAPHRISK_LOG_FORMAT": "json"},
        "append_env": True,
    },
) as dag:
    validate = BashOperator(task_id="validate", bash_command=f"{BIN} config validate {CONFIG}")
    scan = BashOperator(
        task_id="scan",
        bash_command=(
            f"{BIN} scan run {CONFIG} --as-of {{{{ data_interval_end.isoformat() }}}}; "
            "code=$?; test $code -eq 0 -o $code -eq 3 || exit $code"
        ),
    )
    health = BashOperator(task_id="health", bash_command=f"{BIN} store health --max-age 6h")
    prune = BashOperator(task_id="prune", bash_command=f"{BIN} store prune --keep 90")
    validate >> scan >> health >> prune
