"""A large matrix product: what the processor can do at most."""

import torch

from contender import serve


def prepare(specification):
    torch.set_num_threads(specification["threads"])
    side = specification["side"]
    left, right, product = (torch.rand(side, side) for _ in range(3))

    def run():
        torch.mm(left, right, out=product)

    return {}, run


serve(prepare)
