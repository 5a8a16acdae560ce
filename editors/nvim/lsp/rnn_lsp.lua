-- The next words of prose, from rnn-lsp, in Neovim's own popup (0.11 and later).
--
-- With this folder on 'runtimepath', `vim.lsp.enable("rnn_lsp")` is all there is to do. This file also works alone, as
-- ~/.config/nvim/lsp/rnn_lsp.lua. To change something:
--   vim.lsp.config("rnn_lsp", { cmd = { "/path/to/rnn-lsp", "--stdio" }, settings = { ["rnn-lsp"] = { maxItems = 3 } } })

-- Letters that begin a word: Neovim asks after a server's trigger characters only, and goes on while the word grows.
local function letters()
  local list = {}
  for _, range in ipairs({ { 0x41, 0x5A }, { 0x61, 0x7A }, { 0xC0, 0xD6 }, { 0xD8, 0xF6 }, { 0xF8, 0x17F } }) do
    for code = range[1], range[2] do
      list[#list + 1] = vim.fn.nr2char(code)
    end
  end
  return list
end

---@param client vim.lsp.Client
---@param buffer integer
local function popup(client, buffer)
  -- A completion plugin brings its own popup.
  if package.loaded["blink.cmp"] or package.loaded["cmp"] then
    return
  end
  local provider = client.server_capabilities.completionProvider
  if not provider then
    return
  end
  -- One client serves many buffers, and its capabilities are one table.
  if not vim.list_contains(provider.triggerCharacters or {}, "a") then
    provider.triggerCharacters = vim.list_extend(letters(), provider.triggerCharacters or {})
  end
  vim.lsp.completion.enable(true, client.id, buffer, { autotrigger = true })
  -- With "noselect" Enter stays a new line, whatever the popup shows.
  if not vim.o.completeopt:find("noselect", 1, true) then
    vim.bo[buffer].completeopt = "menuone,noselect"
  end
end

---@type vim.lsp.Config
return {
  cmd = { "rnn-lsp", "--stdio" },
  filetypes = {
    "markdown",
    "text",
    "gitcommit",
    "tex",
    "plaintex",
    "rst",
    "asciidoc",
    "org",
    "typst",
    "quarto",
    "rmd",
    "html",
    "mail",
    "jjdescription",
  },
  -- Prose needs no project: one server for all folders, and for files without one.
  root_markers = { ".git" },
  workspace_required = false,
  on_attach = popup,
  -- The plugin, where it is there, brings a server back that died, and tells its state in the statusline.
  on_exit = function(code, signal, id)
    local found, revival = pcall(require, "rnn-lsp.revival")
    if found then
      revival.ended(code, signal, id)
    end
  end,
  capabilities = { experimental = { ["rnn-lsp/state"] = true } },
  handlers = {
    ["rnn-lsp/state"] = function(_, state, context)
      local found, status = pcall(require, "rnn-lsp.status")
      if found then
        status.told(context.client_id, state)
      end
    end,
  },
}
