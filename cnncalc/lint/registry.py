"""The rules, by code: an explicit table, each rule imported when it is first run or shown."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module

from cnncalc.lint.rule import Rule

RULES: dict[str, str] = {
    "CN001": "works.cn001_shape_fault.ShapeFault",
    "CN002": "works.cn002_merge_mismatch.MergeMismatch",
    "CN003": "works.cn003_graph.GraphFault",
    "CN004": "works.cn004_rank_flatten.RankFlatten",
    "CN005": "works.cn005_false_claim.FalseClaim",
    "CN006": "works.cn006_sizes_not_all_valid.SizesNotAllValid",
    "CN007": "works.cn007_inplace_shared.InplaceShared",
    "CN008": "works.cn008_batchnorm_one_value.BatchnormOneValue",
    "CN101": "order.cn101_no_nonlinearity.NoNonlinearity",
    "CN102": "order.cn102_double_activation.DoubleActivation",
    "CN103": "order.cn103_bias_before_norm.BiasBeforeNorm",
    "CN104": "order.cn104_dropout_before_batchnorm.DropoutBeforeBatchnorm",
    "CN105": "order.cn105_dropout_rate.DropoutRate",
    "CN106": "order.cn106_softmax_with_logit_loss.SoftmaxWithLogitLoss",
    "CN107": "order.cn107_activation_on_logits.ActivationOnLogits",
    "CN108": "order.cn108_no_output_activation.NoOutputActivation",
    "CN109": "order.cn109_one_unit_softmax.OneUnitSoftmax",
    "CN110": "order.cn110_head_classes.HeadClasses",
    "CN111": "order.cn111_relu_before_maxpool.ReluBeforeMaxpool",
    "CN112": "order.cn112_saturating_conv.SaturatingConv",
    "CN113": "order.cn113_mixed_activations.MixedActivations",
    "CN114": "order.cn114_softmax_inside.SoftmaxInside",
    "CN115": "order.cn115_no_op.NoOp",
    "CN116": "order.cn116_deep_plain.DeepPlain",
    "CN201": "geometry.cn201_dropped_border.DroppedBorder",
    "CN202": "geometry.cn202_stride_skips_pixels.StrideSkipsPixels",
    "CN203": "geometry.cn203_even_kernel.EvenKernel",
    "CN204": "geometry.cn204_same_asymmetric.SameAsymmetric",
    "CN205": "geometry.cn205_big_kernel.BigKernel",
    "CN206": "geometry.cn206_gridding.Gridding",
    "CN207": "geometry.cn207_checkerboard.Checkerboard",
    "CN208": "geometry.cn208_unproductive_layer.UnproductiveLayer",
    "CN209": "geometry.cn209_field_too_small.FieldTooSmall",
    "CN210": "geometry.cn210_kernel_exceeds_map.KernelExceedsMap",
    "CN211": "geometry.cn211_early_downsampling.EarlyDownsampling",
    "CN212": "geometry.cn212_misaligned_merge.MisalignedMerge",
    "CN213": "geometry.cn213_too_much_padding.TooMuchPadding",
    "CN301": "cost.cn301_budget.Budget",
    "CN302": "cost.cn302_does_not_fit.DoesNotFit",
    "CN303": "cost.cn303_fc_heavy.FcHeavy",
    "CN304": "cost.cn304_hot_layer.HotLayer",
    "CN305": "cost.cn305_channel_multiple.ChannelMultiple",
    "CN306": "cost.cn306_wide_1x1.Wide1x1",
    "CN307": "cost.cn307_bottleneck_squeeze.BottleneckSqueeze",
    "CN308": "cost.cn308_memory_bound.MemoryBound",
    "CN309": "cost.cn309_groups_cost.GroupsCost",
    "CN310": "cost.cn310_drift.Drift",
    "CN900": "spec.cn900_spec.SpecFault",
    "CN901": "spec.cn901_unknown_key.UnknownKey",
    "CN902": "spec.cn902_unused_ignore.UnusedIgnore",
    "CN903": "spec.cn903_unit.Unit",
    "CN904": "spec.cn904_unused_definition.UnusedDefinition",
}
"""Code -> family.module.Class, in the order of the codes."""


@lru_cache(maxsize=None)
def rule_class(code: str) -> type[Rule]:
    """The class of a rule; imports its file. KeyError for an unknown code."""
    module, _, name = RULES[code].rpartition(".")
    result: type[Rule] = getattr(import_module(f"cnncalc.lint.rules.{module}"), name)
    return result
