---@brief
---
--- https://github.com/OWNER/rnn-lsp
---
--- The next words of prose: completions and ghost text (`textDocument/inlineCompletion`) while you write Markdown, LaTeX,
--- commit messages and other texts, from a small network on your own CPU.
---
--- Install it with `cargo install --git https://github.com/OWNER/rnn-lsp`, or take a binary from the releases page.
---
--- Settings, with their defaults, are documented in the repository:
--- ```lua
--- vim.lsp.config('rnn_lsp', {
---   settings = {
---     ['rnn-lsp'] = {
---       show = 'popup',
---       maxItems = 3,
---     },
---   },
--- })
--- ```

---@type vim.lsp.Config
return {
  cmd = { 'rnn-lsp', '--stdio' },
  filetypes = {
    'asciidoc',
    'gitcommit',
    'html',
    'jjdescription',
    'mail',
    'markdown',
    'org',
    'plaintex',
    'quarto',
    'rmd',
    'rst',
    'tex',
    'text',
    'typst',
  },
  root_markers = { '.git' },
}
