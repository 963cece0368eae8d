"""A training step in PyTorch: forward, loss, backward, clipping, Adam."""

from fnmatch import fnmatchcase

import torch
from torch.nn import functional

from contender import serve
from networks import create_network, fold_frozen, load_parameters, our_name
from tensors import read_tensors


def prepare(specification):
    # As in this project: numbers below 1e-38 become zero. Before there are threads, which inherit it.
    torch.set_flush_denormal(True)
    torch.set_num_threads(specification["threads"])
    network = create_network(specification).train()
    load_parameters(network, read_tensors(specification["parameters"]))
    batch = read_tensors(specification["batch"])
    luminance = batch["luminance"]
    if specification["variant"] == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        luminance = luminance.to(memory_format=torch.channels_last)
    parameters, groups = learning(network, specification)
    optimizer = torch.optim.Adam(groups, foreach=True)
    clip = specification["clipNorm"]
    steps = 0

    def run():
        nonlocal steps
        steps += 1
        optimizer.zero_grad(set_to_none=True)
        prediction, logits = network(luminance)
        color = network.head.loss(prediction, batch["ab"])
        scene = functional.cross_entropy(logits, batch["labels"])
        (color + specification["alpha"] * scene).backward()
        result = {}
        # Without clipping nobody needs the norm: it is for the comparison of the first step only.
        if clip > 0 or steps == 1:
            limit = clip if clip > 0 else float("inf")
            norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
            result["gradientNorm"] = norm.item()
        optimizer.step()
        return {network.head.measure: color.item(), "classLoss": scene.item(), **result}

    count = sum(each.numel() for each in network.parameters())
    return {"parameters": count, "version": torch.__version__}, run


def learning(network, specification):
    """Parameters that learn, and the optimizer's groups of them; the others need no gradient."""
    by_factor = {}
    for name, parameter in network.named_parameters():
        factor = 1
        for group in specification["parameterGroups"]:
            if fnmatchcase(our_name(name), group["pattern"]):
                factor = group["learningRateFactor"]
        if factor == 0:
            parameter.requires_grad_(False)
        else:
            by_factor.setdefault(factor, []).append(parameter)
    fold_frozen(network)
    rate = specification["learningRate"]
    groups = [{"params": each, "lr": rate * factor} for factor, each in by_factor.items()]
    return [each for group in groups for each in group["params"]], groups


serve(prepare)
