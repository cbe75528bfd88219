"""The course's exercise from its own words, a convolution by hand, and a worksheet with its key, from Python.

python examples/homework.py
"""

from __future__ import annotations

from cnncalc.solve.ask.ask import ask
from cnncalc.solve.convolve.compute import convolve
from cnncalc.solve.convolve.exact import show
from cnncalc.solve.convolve.matrices import read_filters, read_image
from cnncalc.solve.derivation import text
from cnncalc.solve.exercise.worksheet import worksheet

EXERCISE = (
    "Consider a CNN composed of three convolutional layers, each with 3x3 kernels, a stride of 2, and SAME padding. The "
    "lowest layer outputs 100 feature maps, the middle one outputs 200, and the top one outputs 400. The input images are "
    "RGB images of 200x300 pixels. What is the total number of parameters in the CNN? If we are using 32-bit floats, at "
    "least how much RAM will this network require when making a prediction for a single instance? What about when training "
    "on a mini-batch of 50 images?"
)


def homework() -> None:
    """The network that was understood, each question, its answer and the last line of its derivation."""
    asked = ask(EXERCISE)
    print(asked.specs[0])
    for answer in asked.answers:
        print(f"{answer.question} {dict(answer.solutions[0])}\n    {text(answer.derivation[-1])}")


def by_hand() -> None:
    """A 5x5 image and a 3x3 kernel, with the products behind the middle number."""
    image = read_image("2 1 0 2 3; 9 5 4 2 0; 2 3 4 5 6; 1 2 3 1 0; 0 4 4 2 8")
    worked = convolve(image, read_filters("-1 0 1; -1 0 1; -1 0 1"))
    for row in worked.output[0]:
        print("  ".join(f"{show(value):>3}" for value in row))
    middle = worked.steps[4]
    products = zip(middle.windows[0], middle.weights[0], strict=True)
    print(" + ".join(f"{show(value)}·({show(weight)})" for value, weight in products), "=", show(middle.result))


def sheet() -> None:
    """Four questions of seed 7, and their key."""
    for number, problem in enumerate(worksheet(7, count=4).problems, start=1):
        print(f"{number}. {problem.question}")
        print("   ", "; ".join(str(dict(answer.solutions[0])) for answer in problem.answers))


if __name__ == "__main__":
    homework()
    by_hand()
    sheet()
