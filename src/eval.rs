//! Perplexity, accuracy, keystroke savings.
