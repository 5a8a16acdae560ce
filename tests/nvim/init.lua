-- What a new user writes, and nothing else: see editors/nvim/README.md.
local root = vim.fs.dirname(vim.fs.dirname(vim.fs.dirname(vim.fs.abspath(debug.getinfo(1, "S").source:sub(2)))))
vim.o.swapfile = false
vim.opt.runtimepath:append(root .. "/editors/nvim")
vim.lsp.config("rnn_lsp", vim.json.decode(vim.env.RNN_LSP))
vim.lsp.enable("rnn_lsp")
assert(loadstring(vim.env.RNN_LSP_LUA or ""))()
