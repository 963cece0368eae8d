#!/usr/bin/env python3
"""Trains a network that `ltbc export-training` wrote, on one device or, under torchrun, on many:

    python3 cluster/train.py --graph net.onnx --data places.zip --run runs/one-gpu
    torchrun --nproc_per_node=8 cluster/train.py --graph net.onnx --data a.zip b.zip --run runs/many

The run folder is one that `ltbc train --resume` and `ltbc export` read. If it holds a checkpoint the
run continues there, so a process that is restarted (torchrun --max-restarts) simply goes on.
"""

from __future__ import annotations

import argparse
import math
import os
import sys

import torch

from ltbc_cluster.processes import join_processes, leave_processes
from ltbc_cluster.run import DataOptions, create_trainer, versions
from ltbc_cluster.trainable_network import Precision
from ltbc_cluster.trainer import RunOptions
from ltbc_cluster.training_export import read_training_export
from ltbc_cluster.user_error import UserError


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--graph", required=True, help="the .onnx of ltbc export-training; its JSON lies beside it")
    add("--data", nargs="+", required=True, help="folders or zips with a folder per class")
    add("--run", required=True, help="run folder, new or to be continued; shared by all machines")
    add("--unlabelled", nargs="+", default=[], help="more folders or zips, without classes")
    add("--validation", nargs="+", default=[], help="folders or zips to validate on")
    add(
        "--validation-fraction",
        type=float,
        default=0.05,
        help="share to validate on without --validation, 0 to 1 (default: 0.05)",
    )
    add("--list", help="Places365's list file of the only source: a line 'path label' each")
    add("--validation-list", help="the same for the only source of --validation")
    add("--categories", help="class names of the lists (default: the file beside the list)")
    add(
        "--workers",
        type=int,
        default=_usual_workers(),
        help="processes that decode pictures for each training process (default: %(default)s)",
    )
    add(
        "--cache-decoded",
        metavar="FOLDER",
        help="decode every picture once, into this folder (a fast disk or /dev/shm) of each machine",
    )
    add("--device", choices=["auto", "cpu", "cuda"], default="auto", help="(default: auto)")
    add(
        "--precision",
        choices=["auto", "float32", "bf16"],
        default="auto",
        help="bf16 is autocast with float32 parameters (default: bf16 on CUDA, else float32)",
    )
    add(
        "--batch-norm",
        choices=["synchronized", "local"],
        default="synchronized",
        help="statistics over the whole batch, as one process computes them, or over each "
        "process's part, which is faster (default: synchronized)",
    )
    add("--checkpoint-minutes", type=float, default=10, help="within an epoch (default: 10)")
    add("--max-minutes", type=float, default=math.inf, help="save and stop after so long")
    add("--threads", type=int, help="CPU threads of the network (default: PyTorch's choice)")
    return parser.parse_args(arguments)


def _usual_workers() -> int:
    processes = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return max(1, (os.cpu_count() or 1) // processes - 1)


def main() -> int:
    options = parse()
    if options.threads:
        torch.set_num_threads(options.threads)
    try:
        _train(options)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        leave_processes()
    return 0


def _train(options: argparse.Namespace) -> None:
    _check(options)
    processes = join_processes(options.device)
    cuda = processes.device.type == "cuda"
    bf16 = options.precision == "bf16" or (options.precision == "auto" and cuda)
    if cuda:
        torch.backends.cudnn.benchmark = True
    trainer = create_trainer(
        read_training_export(options.graph),
        DataOptions(
            sources=options.data,
            unlabelled=options.unlabelled,
            validation=options.validation,
            validation_fraction=options.validation_fraction,
            list=options.list,
            validation_list=options.validation_list,
            categories=options.categories,
            workers=options.workers,
            cache=options.cache_decoded,
        ),
        processes,
        Precision(bf16=bf16, channels_last=cuda),
        synchronize=options.batch_norm == "synchronized",
        options=RunOptions(
            run_folder=options.run,
            checkpoint_minutes=options.checkpoint_minutes,
            max_minutes=options.max_minutes,
            versions=versions(),
        ),
    )
    if processes.is_first:
        kind = "bf16" if bf16 else "float32"
        print(f"{processes.world_size} processes on {processes.device.type}, {kind}", flush=True)
    reason = trainer.train()
    if processes.is_first:
        best = trainer.progress["best"]
        text = f", best: epoch {best['epoch']}, {trainer.best_text}" if best else ""
        print(f"{reason} after {trainer.progress['step']} steps{text}", flush=True)


def _check(options: argparse.Namespace) -> None:
    if options.list and len(options.data) != 1:
        raise UserError("--list belongs to exactly one source of --data.")
    if options.validation_list and len(options.validation) != 1:
        raise UserError("--validation-list belongs to exactly one source of --validation.")
    if not 0 < options.validation_fraction < 1:
        raise UserError(
            f"Expected a validation fraction between 0 and 1 but received "
            f"{options.validation_fraction}."
        )
    if options.workers < 0:
        raise UserError(f"Expected 0 workers or more but received {options.workers}.")


if __name__ == "__main__":
    sys.exit(main())
