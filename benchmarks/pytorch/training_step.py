"""A training step in PyTorch: forward, hybrid loss, backward, clipping, Adam."""

import torch

from contender import serve
from networks import Network, hybrid_loss, load_parameters
from tensors import read_tensors


def prepare(specification):
    torch.set_num_threads(specification["threads"])
    network = Network(specification["preset"]).train()
    load_parameters(network, read_tensors(specification["parameters"]))
    batch = read_tensors(specification["batch"])
    luminance = batch["luminance"]
    if specification["variant"] == "channels_last":
        network = network.to(memory_format=torch.channels_last)
        luminance = luminance.to(memory_format=torch.channels_last)
    parameters = list(network.parameters())
    optimizer = torch.optim.Adam(parameters, lr=specification["learningRate"], foreach=True)
    clip = specification["clipNorm"]
    steps = 0

    def run():
        nonlocal steps
        steps += 1
        optimizer.zero_grad(set_to_none=True)
        chroma, logits = network(luminance)
        color, scene, total = hybrid_loss(
            network, chroma, logits, batch["ab"], batch["labels"], specification["alpha"]
        )
        total.backward()
        result = {}
        # Without clipping nobody needs the norm: it is for the comparison of the first step only.
        if clip > 0 or steps == 1:
            limit = clip if clip > 0 else float("inf")
            norm = torch.nn.utils.clip_grad_norm_(parameters, limit)
            result["gradientNorm"] = norm.item()
        optimizer.step()
        return {"colorLoss": color.item(), "classLoss": scene.item(), **result}

    count = sum(each.numel() for each in parameters)
    return {"parameters": count, "version": torch.__version__}, run


serve(prepare)
