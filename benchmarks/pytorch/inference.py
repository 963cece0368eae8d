"""The network in evaluation mode: eager, channels last, or traced, frozen and optimised."""

import warnings

import torch

from backbone_network import BackboneNetwork
from contender import serve
from networks import InferenceNetwork, create_network, fold_frozen, load_parameters
from tensors import read_tensors

SAMPLES = 64


def prepare(specification):
    torch.set_flush_denormal(True)  # Before there are threads, which inherit it.
    torch.set_num_threads(specification["threads"])
    network = create_network(specification)
    load_parameters(network, read_tensors(specification["parameters"]))
    module = InferenceNetwork(network).eval()
    luminance = read_tensors(specification["batch"])["luminance"]
    variant = specification["variant"]
    with torch.inference_mode(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Tracing fixes the size, which is what it is for here.
        if "channels_last" in variant:
            module = module.to(memory_format=torch.channels_last)
            luminance = luminance.to(memory_format=torch.channels_last)
        fold_frozen(network.requires_grad_(False))
        if "frozen" in variant:
            module = torch.jit.freeze(torch.jit.trace(module, luminance))
            # In oneDNN's layouts PyTorch 1.13 computes something else for this network.
            if not isinstance(network, BackboneNetwork):
                module = torch.jit.optimize_for_inference(module)

    def run():
        with torch.inference_mode():
            ab, logits = module(luminance)
        return {"ab": sampled(ab), "logits": sampled(logits)}

    return {"version": torch.__version__}, run


def sampled(tensor):
    flat = tensor.reshape(-1)
    return [flat[index * len(flat) // SAMPLES].item() for index in range(SAMPLES)]


serve(prepare)
