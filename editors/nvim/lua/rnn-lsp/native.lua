-- Ghost text by Neovim itself, which has it from 0.12 on: |vim.lsp.inline_completion|.
--
-- It draws and it asks. It can accept a whole text only, so that parts are accepted here, from what its `on_accept` is given.
local client_of = require("rnn-lsp.client")
local keys = require("rnn-lsp.keys")
local M = {}

---Whether this Neovim has it, and the user did not choose the plugin's own.
function M.is_there()
  local native = vim.lsp.inline_completion
  return vim.g.rnn_lsp_native_ghost ~= false and type(native) == "table" and type(native.enable) == "function"
end

---@param client vim.lsp.Client
---@param buffer integer
function M.attach(client, buffer)
  if client_of.shows(client, "ghost") then
    vim.lsp.inline_completion.enable(true, { bufnr = buffer })
  end
end

---Shows or hides it in every buffer of a client.
function M.switch(client, on)
  for buffer in pairs(client.attached_buffers) do
    vim.lsp.inline_completion.enable(on, { bufnr = buffer })
  end
end

---The first column of what an item replaces, in bytes.
local function first_column(range, column)
  if not range then
    return column
  end
  return range.start and range.start.col or range.start_col or column
end

---Accepts a part of what is shown.
---@param part fun(rest: string): string
---@return boolean accepted
function M.accept(part)
  return vim.lsp.inline_completion.get({
    on_accept = function(item)
      local text = item.insert_text
      if type(text) ~= "string" then
        return
      end
      local column = vim.api.nvim_win_get_cursor(0)[2]
      local typed = vim.api.nvim_get_current_line():sub(first_column(item.range, column) + 1, column)
      local length = vim.fn.strchars(typed)
      local taken = part(vim.fn.strcharpart(text, length))
      if vim.startswith(text, typed) then
        keys.feed(keys.write(0, taken))
      else
        keys.feed(keys.write(vim.fn.strchars(typed, true), vim.fn.strcharpart(text, 0, length) .. taken))
      end
    end,
  })
end

return M
