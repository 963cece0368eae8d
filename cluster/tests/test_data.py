"""Data sets, decoding and batches, against what `ltbc train` finds and against plain facts."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import unittest

import numpy as np
import torch
from expectations import ROOT
from pictures import encoded, picture, write_folder, write_zip

from ltbc_cluster.batches import BatchPlan, BatchSource, DecodedFromFiles
from ltbc_cluster.dataset import Source, fingerprint, open_dataset, split_dataset
from ltbc_cluster.dataset.item_reader import ItemReader
from ltbc_cluster.dataset.names import classes_of_paths
from ltbc_cluster.dataset.picture import decode_picture, mean_chroma
from ltbc_cluster.dataset.view import view_of
from ltbc_cluster.decoded_cache import fill_cache
from ltbc_cluster.lab import rgb_to_lab
from ltbc_cluster.random_numbers import (
    random_permutation,
    random_uniform,
    random_uniform_tensor,
)
from ltbc_cluster.user_error import UserError

#: Indexes a data set and makes a batch with ltbc's own code.
_PROGRAM = """
import { BatchLoader, fingerprintDataset, openDataset, splitDataset } from "%(dataset)s";
import { randomPermutation, randomUniform } from "%(random)s";
const [sources, plan] = JSON.parse(process.argv[1]);
const dataset = await openDataset(sources);
const { training, validation } = splitDataset(dataset, { validationFraction: 0.25, seed: 5 });
const loader = await BatchLoader.create(training, plan);
const { value: batch } = await loader.epoch(3, 1).next();
await loader.close();
const views = await BatchLoader.create(validation, { ...plan, mode: "validation" });
const { value: validated } = await views.epoch(0, 0).next();
await views.close();
console.log(JSON.stringify({
  classes: dataset.classes,
  fingerprints: [dataset, training, validation].map(fingerprintDataset),
  permutation: [...randomPermutation(50, 4294967295, 1, 7)],
  uniform: randomUniform(5, -1, 4000000000),
  labels: [...batch.labels].map(Number),
  luminance: [...batch.lightness],
  ab: [...batch.ab],
  validation: [...validated.lightness],
}));
"""
_VIEWS = """
import { viewOf } from "file://%s";
const { picture, views } = JSON.parse(process.argv[1]);
picture.rgb = Uint8Array.from(picture.rgb);
console.log(JSON.stringify(views.map((view) => [...viewOf(picture, ...view)])));
"""


def by_ltbc(sources: list, **options) -> dict:
    built = os.path.join(ROOT, "packages", "%s", "dist", "%s")
    program = _PROGRAM % {
        "dataset": "file://" + built % ("node", "dataset/index.js"),
        "random": "file://" + built % ("core", "random.js"),
    }
    usual = {"mode": "training", "batchSize": 8, "crop": 32, "resize": 32, "seed": 5}
    plan = {**usual, "minimumChroma": 2, **options}
    return run_program(program, [sources, plan])


def run_program(program: str, argument):
    command = ["node", "--input-type=module", "-e", program, json.dumps(argument)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


class DataTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = cls.temporary.name
        cls.zip = os.path.join(cls.folder, "pictures.zip")
        write_zip(cls.zip, 6)
        write_folder(os.path.join(cls.folder, "folder"), 3)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_finds_and_batches_what_ltbc_does(self):
        unlabelled = os.path.join(self.folder, "folder")
        theirs = by_ltbc([self.zip, {"path": unlabelled, "labelled": False}])
        dataset = open_dataset([Source(self.zip), Source(unlabelled, labelled=False)])
        self.assertEqual(list(dataset.classes), theirs["classes"])
        parts = [dataset, *split_dataset(dataset, 0.25, 5)]
        self.assertEqual([fingerprint(part) for part in parts], theirs["fingerprints"])
        self.assertEqual(random_permutation(50, 4294967295, 1, 7).tolist(), theirs["permutation"])
        self.assertEqual(float(random_uniform(5, -1, 4000000000)), theirs["uniform"])
        # Same pictures, crops and mirrorings; the decoders and their filters differ a little.
        plan = BatchPlan(8, 32, 32, 5, 2)
        halves = [next(self.source(parts[1], plan, rank, 2).training(3, 1)) for rank in (0, 1)]
        labels = torch.cat([half.labels for half in halves]).tolist()
        self.assertEqual(labels, theirs["labels"])
        luminance, ab = rgb_to_lab(torch.cat([half.rgb for half in halves]))
        for own, other, limit in ((luminance, "luminance", 1.0), (ab, "ab", 1.5)):
            difference = np.abs(own.numpy().ravel() - np.array(theirs[other], np.float32))
            self.assertLess(difference.mean(), limit, other)

    def test_random_numbers_on_a_device_are_the_same(self):
        for first in (0, 2**31 - 3, 2**32 - 2):
            elements = np.arange(first, first + 6)
            expected = random_uniform(4000000000, 7, elements).astype(np.float32)
            found = random_uniform_tensor(4000000000, 7, first, 6, torch.device("cpu"))
            np.testing.assert_array_equal(found.numpy(), expected)

    def test_views_are_those_of_ltbc(self):
        path = os.path.join(self.folder, "views.zip")
        # Pictures of 60 x 48 are kept at their size, and both read the same from PNG.
        write_zip(path, 6, "PNG")
        views = (0.4, 0.9)
        theirs = by_ltbc([path], crop=24, resize=64, views=views)
        training, validation = split_dataset(open_dataset([Source(path)]), 0.25, 5)
        plan = BatchPlan(8, 24, 64, 5, 2, views)
        luminance, ab = rgb_to_lab(next(self.source(training, plan).training(3, 1)).rgb)
        validated, _ = rgb_to_lab(next(self.source(validation, plan).validation()).rgb)
        theirs["validation"] = theirs["validation"][: validated.numel()]
        for own, other in ((luminance, "luminance"), (ab, "ab"), (validated, "validation")):
            difference = np.abs(own.numpy().ravel() - np.array(theirs[other], np.float32))
            # One code is about 0.4 of L*; the next place or size would make several of them.
            self.assertLess(difference.mean(), 0.3, other)

    def test_views_differ_by_one_code_at_most(self):
        rgb = np.random.default_rng(1).integers(0, 256, (50, 70, 3), np.uint8)
        views = [(3, 2, 44, 20, False), (0, 0, 50, 33, True), (20, 10, 25, 48, False)]
        views += [(19, 0, 50, 7, False), (5, 5, 30, 30, True)]
        picture = {"width": 70, "height": 50, "rgb": rgb.ravel().tolist()}
        built = os.path.join(ROOT, "packages", "node", "dist", "dataset", "view.js")
        theirs = run_program(_VIEWS % built, {"picture": picture, "views": views})
        for view, expected in zip(views, theirs):
            own = view_of(rgb, *view).astype(int)
            difference = np.abs(own.ravel() - np.array(expected))
            self.assertLessEqual(difference.max(), 1, view)
            self.assertLess(difference.mean(), 0.3, view)

    def source(self, dataset, plan, rank=0, world_size=1, pictures=None) -> BatchSource:
        files = pictures or DecodedFromFiles(dataset, plan)
        return BatchSource(dataset, files, plan, rank, world_size, workers=0, pin=False)

    def test_validation_covers_every_usable_picture_once(self):
        dataset = open_dataset([Source(self.zip)])
        plan = BatchPlan(4, 32, 40, 0, 2)
        labels, broken = [], []
        for rank in (0, 1, 2):
            for batch in self.source(dataset, plan, rank, 3).validation():
                self.assertEqual(batch.rgb.shape[1:], (32, 32, 3))
                labels += batch.labels.tolist()
                broken += [dataset.name(item) for item, problem in batch.rejections if problem]
        self.assertEqual(sorted(labels), sorted([0, 1, 2, 3] * 6))
        self.assertEqual(broken, ["set/night/broken.jpg"])

    def test_cache_holds_what_the_files_do(self):
        dataset = open_dataset([Source(self.zip)])
        plan = BatchPlan(8, 32, 40, 0, 2)
        files = DecodedFromFiles(dataset, plan)
        with tempfile.TemporaryDirectory() as folder:
            for part in (1, 0):
                try:
                    cache = fill_cache(folder, dataset, plan, part, 2, 0, lambda: None)
                except FileNotFoundError:
                    self.assertEqual(part, 1, "the other part is not there yet")
            for item in range(len(dataset)):
                expected, problem = files.picture(item)
                found, reason = cache.picture(item)
                self.assertEqual(reason, problem)
                np.testing.assert_array_equal(found, expected)

    def test_places365_lists(self):
        root = os.path.join(self.folder, "places")
        os.makedirs(os.path.join(root, "a", "abbey"))
        content = encoded(picture("forest", 1))
        for name in ("a/abbey/2.jpg", "a/abbey/1.jpg"):
            with open(os.path.join(root, name), "wb") as file:
                file.write(content)
        with open(os.path.join(self.folder, "categories_places365.txt"), "w") as file:
            file.write("/a/abbey 0\n/a/apartment_building/outdoor 1\n")
        path = os.path.join(self.folder, "train.txt")
        with open(path, "w") as file:
            file.write("/a/abbey/2.jpg 0\n/a/abbey/1.jpg 1\n")
        dataset = open_dataset([Source(root, list=path)])
        self.assertEqual(dataset.classes, ("abbey", "apartment_building/outdoor"))
        self.assertEqual([dataset.name(item) for item in (0, 1)], ["a/abbey/1.jpg", "a/abbey/2.jpg"])
        self.assertEqual(dataset.labels.tolist(), [1, 0])
        self.assertEqual(ItemReader(dataset).read(0), content)
        with open(path, "a") as file:
            file.write("/a/abbey/3.jpg 2\n")
        with self.assertRaisesRegex(UserError, "line 3: expected a label from 0 to 1"):
            open_dataset([Source(root, list=path)])

    def test_class_folders(self):
        nested = ["all/a/x.jpg", "all/b/c/y.jpg"]
        self.assertEqual(classes_of_paths(nested, "p"), ["a", "b"])
        self.assertEqual(classes_of_paths(["x.jpg", "a/y.jpg"], "p"), [None, "a"])
        places = ["a/abbey/1.jpg", "a/apartment_building/outdoor/1.jpg"]
        self.assertEqual(classes_of_paths(places, "p"), ["abbey", "apartment_building/outdoor"])
        with self.assertRaisesRegex(UserError, "train"):
            classes_of_paths(["train/a.jpg", "val/b.jpg"], "p")

    def test_code_unit_order_of_classes(self):
        root = os.path.join(self.folder, "order")
        for name in ("b", "B", "ä", "\U0001f600", "\uff21"):
            os.makedirs(os.path.join(root, name))
            with open(os.path.join(root, name, "1.jpg"), "wb") as file:
                file.write(encoded(picture("night", 2)))
        dataset = open_dataset([Source(root)])
        self.assertEqual(dataset.classes, ("B", "b", "ä", "\U0001f600", "\uff21"))


class PictureTest(unittest.TestCase):
    def test_short_side_and_orientation(self):
        from PIL import Image

        rgb = picture("beach", 3, 60, 48)
        self.assertEqual(decode_picture(encoded(rgb, "PNG"), 32).shape, (32, 40, 3))
        path = os.path.join(tempfile.mkdtemp(), "turned.jpg")
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(rgb).save(path, exif=exif)
        with open(path, "rb") as file:
            self.assertEqual(decode_picture(file.read(), 24).shape, (30, 24, 3))

    def test_lab_of_known_colours(self):
        # CIELAB (D65) of the sRGB primaries and of grey, from B. Lindbloom's calculator.
        rgb = torch.tensor([[255, 0, 0], [0, 255, 0], [0, 0, 255], [119, 119, 119]], dtype=torch.uint8)
        luminance, ab = rgb_to_lab(rgb.view(1, 4, 1, 3))
        expected = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
        found = torch.cat([luminance, ab], 1)[0, :, :, 0].T
        np.testing.assert_allclose(found[:3], expected, atol=0.02)
        np.testing.assert_allclose(found[3], [50.03, 0, 0], atol=0.02)

    def test_grey_pictures_have_no_chroma(self):
        grey = np.repeat(picture("night", 1)[..., :1], 3, axis=2)
        self.assertLess(mean_chroma(grey), 1e-3)
        self.assertGreater(mean_chroma(picture("beach", 1)), 10)

    def test_broken_pictures_are_refused(self):
        whole = encoded(picture("beach", 1))
        for content in (b"", b"no picture", whole[: len(whole) // 2]):
            with self.assertRaises(Exception):
                decode_picture(content, 32)



if __name__ == "__main__":
    unittest.main()
