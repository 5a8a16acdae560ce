-- The client of a buffer, and what can be asked of it.
local M = {}

---The buffer's rnn-lsp, under whatever name it was configured.
---@param buffer? integer 0 or nothing is the current one
---@return vim.lsp.Client?
function M.of(buffer)
  for _, client in ipairs(vim.lsp.get_clients({ bufnr = buffer or 0 })) do
    if M.is_ours(client) then
      return client
    end
  end
end

---All of them, wherever they are attached.
---@return vim.lsp.Client[]
function M.all()
  return vim.tbl_filter(M.is_ours, vim.lsp.get_clients())
end

---@param client vim.lsp.Client
function M.is_ours(client)
  local server = client.server_info
  return client.name == "rnn_lsp" or server ~= nil and server.name == "rnn-lsp"
end

---Runs a command of the server; `done` gets its answer. What goes wrong is told the user.
---@param client vim.lsp.Client
---@param command string without the "rnn-lsp." before it
---@param arguments table[]
---@param done? fun(answer: any)
function M.run(client, command, arguments, done)
  local params = { command = "rnn-lsp." .. command, arguments = #arguments > 0 and arguments or nil }
  client:request("workspace/executeCommand", params, function(problem, answer)
    if problem then
      vim.notify("rnn-lsp: " .. (problem.message or vim.inspect(problem)), vim.log.levels.ERROR)
    elseif done then
      done(answer)
    end
  end)
end

---A setting of the client, by its name in the server's table of settings.
---@param client vim.lsp.Client
function M.setting(client, name)
  return vim.tbl_get(client.settings or {}, "rnn-lsp", name)
end

---Whether the settings show the one (`"popup"` or `"ghost"`), as far as this editor says.
---@param client vim.lsp.Client
---@param what string
function M.shows(client, what)
  local show = M.setting(client, "show")
  return show == nil or show == "both" or show == what
end

---Changes a setting until the client ends, and tells the server.
---@param client vim.lsp.Client
function M.set(client, name, value)
  client.settings = vim.tbl_deep_extend("force", client.settings or {}, { ["rnn-lsp"] = { [name] = value } })
  client:notify("workspace/didChangeConfiguration", { settings = client.settings })
end

---Starts what `config` describes for the buffers that are still there, once the client before it is gone and cannot be taken
---for the new one.
---@param id integer of the client before
---@param config vim.lsp.ClientConfig
---@param buffers integer[]
function M.start_after(id, config, buffers)
  local before = vim.lsp.get_client_by_id(id)
  if before then
    vim.defer_fn(function()
      M.start_after(id, config, buffers)
    end, 20)
    return
  end
  for _, buffer in ipairs(buffers) do
    if vim.api.nvim_buf_is_loaded(buffer) then
      -- The first call starts it, the others find it.
      vim.lsp.start(config, { bufnr = buffer })
    end
  end
end

---Ends the client and starts another one for the same buffers.
---@param client vim.lsp.Client
function M.restart(client)
  local config, buffers = client.config, vim.tbl_keys(client.attached_buffers)
  client:stop()
  vim.defer_fn(function()
    if not client:is_stopped() then
      client:stop(true) -- It did not listen.
    end
  end, 3000)
  M.start_after(client.id, config, buffers)
end

return M
