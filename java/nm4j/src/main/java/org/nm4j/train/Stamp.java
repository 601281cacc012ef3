/*
 * Copyright 2026 The nm4j authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.nm4j.train;

import org.nm4j.Pattern;

/**
 * What a form of a parameter's weights was made of.
 *
 * @param pattern that of sparse products; null of dense ones
 * @param version of weights and mask, see {@link MaskedParameter#stamp}
 */
record Stamp(Pattern pattern, long version) {}
